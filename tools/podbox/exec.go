package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// execSpec is a command with all that it is started with.
type execSpec struct {
	Command []string `json:"command"`
	Env     []string `json:"env"`
	Cwd     string   `json:"cwd"`
}

// become replaces this process by the command; it returns only with an error.
func (spec execSpec) become() error {
	if err := os.Chdir(spec.Cwd); err != nil {
		return err
	}
	path, err := lookPath(spec.Command[0], spec.Env)
	if err != nil {
		return err
	}
	return &os.PathError{Op: "exec", Path: path, Err: syscall.Exec(path, spec.Command, spec.Env)}
}

// lookPath finds a program as execvp does, but in the PATH of the environment it will get.
func lookPath(name string, env []string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	var found error = os.ErrNotExist
	for _, folder := range filepath.SplitList(valueOf(env, "PATH")) {
		path := filepath.Join("/", folder, name)
		info, err := os.Stat(path)
		switch {
		case err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0:
			return path, nil
		case err == nil || errors.Is(err, fs.ErrPermission):
			found = os.ErrPermission
		}
	}
	return "", fmt.Errorf("%s: %w in PATH=%s", name, found, valueOf(env, "PATH"))
}

// valueOf gives the last value of a variable, since later pairs win.
func valueOf(env []string, name string) string {
	value := ""
	for _, pair := range env {
		if text, found := strings.CutPrefix(pair, name+"="); found {
			value = text
		}
	}
	return value
}

// deduplicated keeps the last pair of each variable.
func deduplicated(env []string) []string {
	var kept []string
	place := map[string]int{}
	for _, pair := range env {
		name, _, _ := strings.Cut(pair, "=")
		if at, seen := place[name]; seen {
			kept[at] = pair
			continue
		}
		place[name] = len(kept)
		kept = append(kept, pair)
	}
	return kept
}
