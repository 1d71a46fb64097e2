// Command otlp-receiver is the OpenTelemetry Collector's own OTLP receiver, for HTTP only, and nothing behind it: what
// it accepts is written as one line of OTLP JSON for each request.
//
//	otlp-receiver --listen 127.0.0.1:0 --out spans.jsonl [--cert server.pem --key server.key]
//
// The first line of its standard output is the address it listens on.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configtls"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:4318", "address and port; port 0 takes a free one")
	out := flag.String("out", "", "file that the lines are added to")
	cert := flag.String("cert", "", "certificate chain; with it the receiver speaks TLS")
	key := flag.String("key", "", "the certificate's key")
	flag.Parse()
	if err := run(*listen, *out, *cert, *key); err != nil {
		fmt.Fprintln(os.Stderr, "otlp-receiver:", err)
		os.Exit(1)
	}
}

func run(listen, out, cert, key string) error {
	if out == "" {
		return errors.New("--out names the file to write")
	}
	file, err := os.OpenFile(out, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer file.Close()
	address, err := freeAddress(listen)
	if err != nil {
		return err
	}
	sink, err := linesInto(file)
	if err != nil {
		return err
	}
	factory := otlpreceiver.NewFactory()
	settings := receiver.Settings{
		ID:                component.NewID(factory.Type()),
		TelemetrySettings: componenttest.NewNopTelemetrySettings(),
		BuildInfo:         component.NewDefaultBuildInfo(),
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	traces, err := factory.CreateTraces(ctx, settings, configOf(factory, address, cert, key), sink)
	if err != nil {
		return err
	}
	if err := traces.Start(ctx, componenttest.NewNopHost()); err != nil {
		return err
	}
	fmt.Println(address)
	<-ctx.Done()
	return traces.Shutdown(context.Background())
}

// freeAddress finds a port when none is asked for, since the receiver does not tell which one it got.
func freeAddress(listen string) (string, error) {
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

func configOf(factory receiver.Factory, address, cert, key string) component.Config {
	config := factory.CreateDefaultConfig().(*otlpreceiver.Config)
	http := config.Protocols.HTTP.GetOrInsertDefault()
	http.ServerConfig.NetAddr.Endpoint = address
	if cert != "" {
		tls := configtls.NewDefaultServerConfig()
		tls.CertFile, tls.KeyFile = cert, key
		http.ServerConfig.TLS = configoptional.Some(tls)
	}
	return config
}

func linesInto(file *os.File) (consumer.Traces, error) {
	marshaler := ptrace.JSONMarshaler{}
	var one sync.Mutex
	return consumer.NewTraces(func(_ context.Context, traces ptrace.Traces) error {
		line, err := marshaler.MarshalTraces(traces)
		if err != nil {
			return err
		}
		one.Lock()
		defer one.Unlock()
		_, err = file.Write(append(line, '\n'))
		return err
	})
}
