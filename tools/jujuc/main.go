// Command jujuc is the client half of Juju's hook tools: one program under many names. It says under which name and
// with which arguments it was started to the agent that runs the hook, and prints what the agent answers.
//
// The two speak newline-delimited JSON over the unix socket $JUJU_AGENT_SOCKET_ADDRESS. Arguments are text, as they
// are in Juju; standard input and both outputs are bytes (base64 in the JSON).
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
)

type request struct {
	Context string   `json:"context"`
	Dir     string   `json:"dir"`
	Tool    string   `json:"tool"`
	Args    []string `json:"args"`
	// Nil in the first request: most tools read no input, and a hook's standard input may never end.
	Stdin *[]byte `json:"stdin"`
}

type answer struct {
	Code      int    `json:"code"`
	Stdout    []byte `json:"stdout"`
	Stderr    []byte `json:"stderr"`
	NeedStdin bool   `json:"needStdin"`
}

func main() {
	tool := filepath.Base(os.Args[0])
	reply, err := call(tool, os.Args[1:], os.Stdin)
	if err != nil {
		fmt.Fprintf(os.Stderr, "ERROR %s: %v\n", tool, err)
		os.Exit(1)
	}
	// A reader that went away (as in `config-get | head`) is no failure of the tool.
	_, _ = os.Stdout.Write(reply.Stdout)
	_, _ = os.Stderr.Write(reply.Stderr)
	os.Exit(reply.Code)
}

func call(tool string, args []string, stdin io.Reader) (*answer, error) {
	socket, context := os.Getenv("JUJU_AGENT_SOCKET_ADDRESS"), os.Getenv("JUJU_CONTEXT_ID")
	if socket == "" || context == "" {
		return nil, errors.New("JUJU_AGENT_SOCKET_ADDRESS or JUJU_CONTEXT_ID is not set: " +
			"hook tools work only inside a hook, an action or exec")
	}
	dir, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("the working directory is gone: %w", err)
	}
	connection, err := net.Dial("unix", socket)
	if err != nil {
		return nil, fmt.Errorf("the unit agent does not answer (has the hook ended?): %w", err)
	}
	defer connection.Close()
	input := bufio.NewReader(connection)
	asked := request{Context: context, Dir: dir, Tool: tool, Args: args}
	reply, err := exchange(connection, input, asked)
	if err != nil || !reply.NeedStdin {
		return reply, err
	}
	content, err := io.ReadAll(stdin)
	if err != nil {
		return nil, fmt.Errorf("standard input cannot be read: %w", err)
	}
	asked.Stdin = &content
	return exchange(connection, input, asked)
}

func exchange(out io.Writer, in *bufio.Reader, asked request) (*answer, error) {
	if err := json.NewEncoder(out).Encode(asked); err != nil {
		return nil, fmt.Errorf("the unit agent took no request: %w", err)
	}
	line, err := in.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("the unit agent hung up without an answer: %w", err)
	}
	var reply answer
	if err := json.Unmarshal(line, &reply); err != nil {
		return nil, fmt.Errorf("the unit agent's answer is not understood: %w", err)
	}
	return &reply, nil
}
