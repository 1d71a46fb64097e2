package main

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

type modelSpec struct {
	Bridge string `json:"bridge"`
	// Services is a part of the bridge's network whose addresses all belong to the model itself; may be empty.
	Services string   `json:"services"`
	Command  []string `json:"command"`
}

// runModel starts the model's namespaces and ends with them, with the exit code of the command in them.
func runModel(spec modelSpec) int {
	sys := &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS | unix.CLONE_NEWPID}
	if !isPrivileged() {
		sys.Cloneflags |= unix.CLONE_NEWUSER
		sys.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		sys.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	inner, err := startHalf("model-init", sys, ownStdio(), syscall.ForkExec)
	if err != nil {
		return fail(explainRefusal("new namespaces", err))
	}
	forwardSignals(inner.pid)
	if err := inner.send(spec); err != nil {
		return inner.wait()
	}
	return inner.wait()
}

// modelInit is process 1 of the model: when it ends, for whatever reason, the kernel kills all the others.
func modelInit(outer *half) int {
	var spec modelSpec
	if err := outer.receive(&spec); err != nil {
		return fail(err)
	}
	go outer.dieWith()
	if err := setUpModel(spec); err != nil {
		return fail(err)
	}
	path, err := exec.LookPath(spec.Command[0])
	if err != nil {
		return failCommand(err)
	}
	processes := newReaper()
	start := processes.starter(func(status syscall.WaitStatus) { os.Exit(exitCode(status)) })
	pid, err := start(path, spec.Command, &syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{0, 1, 2}})
	if err != nil {
		return failCommand(err)
	}
	forwardSignals(pid)
	processes.run()
	return 0
}

func setUpModel(spec modelSpec) error {
	// What is mounted on the machine later shows here, what is mounted here never shows there.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil {
		return explainRefusal("mounting", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", procFlags, ""); err != nil {
		return explainRefusal("mounting /proc", err)
	}
	if err := setUpBridge(spec.Bridge); err != nil {
		return fmt.Errorf("the model's network: %w", err)
	}
	if err := ownAddresses(spec.Services); err != nil {
		return fmt.Errorf("the model's services %s: %w", spec.Services, err)
	}
	return nil
}
