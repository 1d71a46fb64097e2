module charmwright.dev/tools/sherve

go 1.26.5
