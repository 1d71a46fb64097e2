module charmwright.dev/tools/jujuc

go 1.26
