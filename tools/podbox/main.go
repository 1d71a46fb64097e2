// Command podbox gives the local model its machines: Linux namespaces arranged as Kubernetes arranges a pod, by the
// kernel alone, for root and for ordinary users.
//
//	podbox model --bridge 10.87.0.1/16 [--services 10.87.128.0/17] -- CMD ARGS…
//	                                                  one network of pods; lives as long as CMD
//	podbox pod --spec FILE                            one pod in it; lives as long as its standard input is open
//	podbox enter --pid PID [--cwd DIR] [--clear-env] [--env K=V …] -- CMD ARGS…   as kubectl exec
//
// Each of these starts its inner half by running itself again inside new namespaces; see half.go.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
)

const usage = `usage:
  podbox model --bridge ADDRESS/BITS [--services NETWORK/BITS] -- COMMAND [ARGUMENT…]
  podbox pod --spec FILE
  podbox enter --pid PID [--cwd DIR] [--clear-env] [--env KEY=VALUE …] -- COMMAND [ARGUMENT…]
`

// The main goroutine stays on the main thread: namespaces belong to a thread, and a child that is to die with its
// parent dies with the thread that started it.
func init() { runtime.LockOSThread() }

func main() {
	if len(os.Args) < 2 {
		fatalUsage("a sub-command is missing")
	}
	name, args := os.Args[1], os.Args[2:]
	switch name {
	case "model":
		os.Exit(runModel(parseModel(args)))
	case "pod":
		os.Exit(runPod(parsePod(args)))
	case "enter":
		os.Exit(runEnter(parseEnter(args)))
	case "model-init":
		os.Exit(modelInit(outerHalf(args)))
	case "pod-init":
		os.Exit(podInit(outerHalf(args)))
	case "container-init":
		os.Exit(containerInit(outerHalf(args)))
	case "enter-init":
		os.Exit(enterInit(outerHalf(args)))
	default:
		fatalUsage(fmt.Sprintf("there is no sub-command %q", name))
	}
}

func parseModel(args []string) modelSpec {
	flags := flagSet("model")
	bridge := flags.String("bridge", "", "")
	services := flags.String("services", "", "")
	parse(flags, args)
	if _, _, err := net.ParseCIDR(*bridge); err != nil {
		fatalUsage("model: --bridge: " + err.Error())
	}
	if _, _, err := net.ParseCIDR(*services); *services != "" && err != nil {
		fatalUsage("model: --services: " + err.Error())
	}
	return modelSpec{Bridge: *bridge, Services: *services, Command: commandOf(flags)}
}

func parsePod(args []string) podSpec {
	flags := flagSet("pod")
	file := flags.String("spec", "", "")
	parse(flags, args)
	content, err := os.ReadFile(*file)
	if err != nil {
		fatalUsage("pod: --spec: " + err.Error())
	}
	var spec podSpec
	if err := json.Unmarshal(content, &spec); err != nil {
		fatalUsage(fmt.Sprintf("pod: --spec %s: %v", *file, err))
	}
	if err := spec.check(); err != nil {
		fatalUsage(fmt.Sprintf("pod: --spec %s: %v", *file, err))
	}
	return spec
}

func parseEnter(args []string) (pid int, spec execSpec) {
	flags := flagSet("enter")
	flags.IntVar(&pid, "pid", 0, "")
	flags.StringVar(&spec.Cwd, "cwd", "/", "")
	clearEnv := flags.Bool("clear-env", false, "")
	var added []string
	flags.Func("env", "", func(pair string) error {
		if !strings.Contains(pair, "=") {
			return fmt.Errorf("%q is not KEY=VALUE", pair)
		}
		added = append(added, pair)
		return nil
	})
	parse(flags, args)
	if pid <= 0 {
		fatalUsage("enter: --pid is missing")
	}
	if !*clearEnv {
		spec.Env = os.Environ()
	}
	spec.Env = append(spec.Env, added...)
	spec.Command = commandOf(flags)
	return pid, spec
}

func flagSet(name string) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(discard{})
	return flags
}

func parse(flags *flag.FlagSet, args []string) {
	if err := flags.Parse(args); err != nil {
		fatalUsage(flags.Name() + ": " + err.Error())
	}
}

func commandOf(flags *flag.FlagSet) []string {
	if flags.NArg() == 0 {
		fatalUsage(flags.Name() + ": the command is missing")
	}
	return flags.Args()
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

func fatalUsage(message string) {
	fmt.Fprintf(os.Stderr, "podbox: %s\n%s", message, usage)
	os.Exit(2)
}

// fail says what went wrong and gives the exit code for it.
func fail(err error) int {
	fmt.Fprintf(os.Stderr, "podbox: %v\n", err)
	return 1
}
