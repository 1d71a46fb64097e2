module charmwright.dev/tools/go-httpbin

go 1.26.5

tool github.com/mccutchen/go-httpbin/v2/cmd/go-httpbin

require github.com/mccutchen/go-httpbin/v2 v2.18.3 // indirect
