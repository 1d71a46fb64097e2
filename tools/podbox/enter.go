package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// runEnter runs a command in all namespaces of the container whose first process is pid.
//
// A PID namespace is entered by children only, so the command is run by an inner half: it asks the kernel to die
// with this process, then becomes the command.
func runEnter(pid int, spec execSpec) int {
	spec.Env = deduplicated(spec.Env)
	if err := joinNamespaces(pid); err != nil {
		return fail(err)
	}
	inner, err := startHalf("enter-init", nil, ownStdio(), syscall.ForkExec)
	if err != nil {
		return fail(fmt.Errorf("entering the container of process %d: %w", pid, err))
	}
	var ready bool
	if more, err := inner.drain(&ready); err != nil || !more {
		return inner.wait()
	}
	forwardSignals(inner.pid)
	_ = inner.send(spec) // should it be gone already, its exit code says more
	return inner.wait()
}

func joinNamespaces(pid int) error {
	process, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return fmt.Errorf("process %d: %w: the container has ended, or its pid is of another PID namespace", pid, err)
	}
	defer unix.Close(process)
	// A thread that shares its root and working directory with others may not change its mount namespace.
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return fmt.Errorf("unshare: %w", err)
	}
	const all = unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC | unix.CLONE_NEWNS
	if err := unix.Setns(process, all); err != nil {
		return fmt.Errorf("entering the namespaces of process %d: %w (podbox enter runs inside podbox model)", pid, err)
	}
	return nil
}

func enterInit(outer *half) int {
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return fail(err)
	}
	// Only now, with the answer to this, is it sure that the outer half was alive when the request was made.
	if err := outer.send(true); err != nil {
		return 128 + int(unix.SIGKILL)
	}
	var spec execSpec
	if err := outer.receive(&spec); err != nil {
		return 128 + int(unix.SIGKILL)
	}
	err := spec.become()
	if errors.Is(err, os.ErrNotExist) {
		_ = fail(err)
		return 127
	}
	return failCommand(err)
}
