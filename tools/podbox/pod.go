package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

type podSpec struct {
	Hostname string `json:"hostname"`
	// Address with the bits of its network, such as 10.87.1.5/16.
	Address string `json:"address"`
	Gateway string `json:"gateway"`
	// Hosts is a file that shows as /etc/hosts in every container; a rewrite in place shows at once.
	Hosts string `json:"hosts"`
	// Scratch is a folder for what containers write where the kernel refuses a tmpfs for that.
	Scratch    string          `json:"scratch"`
	Containers []containerSpec `json:"containers"`
}

func (spec podSpec) check() error {
	if spec.Hostname == "" {
		return errors.New("hostname is missing")
	}
	if err := checkAddress(spec.Address); err != nil {
		return fmt.Errorf("address: %w", err)
	}
	names := map[string]bool{}
	for _, container := range spec.Containers {
		if container.Name == "" || names[container.Name] {
			return fmt.Errorf("containers: the name %q is empty or there twice", container.Name)
		}
		names[container.Name] = true
	}
	return nil
}

// runPod starts the pod's namespaces, connects them to the model's network and stays until they end. The inner half
// talks with the starter directly, over this process's standard input and output.
func runPod(spec podSpec) int {
	sys := &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWUTS | unix.CLONE_NEWPID |
		unix.CLONE_NEWIPC | unix.CLONE_NEWNS}
	inner, err := startHalf("pod-init", sys, ownStdio(), syscall.ForkExec)
	if err != nil {
		return fail(fmt.Errorf("the pod's namespaces: %w (podbox pod runs inside podbox model)", err))
	}
	forwardSignals(inner.pid)
	cable, err := plugIn(inner.pid, spec.Address)
	if err != nil {
		_ = syscall.Kill(inner.pid, syscall.SIGKILL)
		inner.wait()
		return fail(fmt.Errorf("the pod's network: %w", err))
	}
	defer unplug(cable)
	_ = inner.send(spec) // should it be gone already, its exit code says more
	return inner.wait()
}

type pod struct {
	spec      podSpec
	processes *reaper
	// Guards running, and the order of events.
	mutex   sync.Mutex
	running map[string]int // container name -> pid of its first process in the pod's PID namespace
}

type operation struct {
	Op        string         `json:"op"`
	Container string         `json:"container"`
	Signal    syscall.Signal `json:"signal"`
}

type event struct {
	Event     string `json:"event"`
	Container string `json:"container,omitempty"`
	Pid       int    `json:"pid,omitempty"`
	Message   string `json:"message,omitempty"`
}

type exitedEvent struct {
	Event     string          `json:"event"`
	Container string          `json:"container"`
	Code      *int            `json:"code"`
	Signal    *syscall.Signal `json:"signal"`
}

// podInit is process 1 of the pod: the end of it ends everything in the pod.
func podInit(outer *half) int {
	var spec podSpec
	if err := outer.receive(&spec); err != nil {
		return 128 + int(unix.SIGKILL)
	}
	go outer.dieWith()
	pid, err := setUpPod(spec)
	if err != nil {
		return fail(fmt.Errorf("pod %s: %w", spec.Hostname, err))
	}
	p := &pod{spec: spec, processes: newReaper(), running: map[string]int{}}
	go p.processes.run()
	emit(event{Event: "pod", Pid: pid})
	for lines := bufio.NewReader(os.Stdin); ; {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return 0
		}
		p.do(line)
	}
}

// setUpPod returns this process's id as the model sees it.
func setUpPod(spec podSpec) (int, error) {
	// What the starter left open is nothing for containers.
	if err := unix.CloseRange(3, ^uint(0), unix.CLOSE_RANGE_CLOEXEC); err != nil {
		return 0, fmt.Errorf("close_range: %w", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return 0, fmt.Errorf("mounting: %w", err)
	}
	if err := unix.Sethostname([]byte(spec.Hostname)); err != nil {
		return 0, fmt.Errorf("hostname: %w", err)
	}
	if err := setUpInterface(spec.Address, spec.Gateway); err != nil {
		return 0, fmt.Errorf("network: %w", err)
	}
	return pidInModel()
}

// pidInModel is this process's id in the PID namespace of the model: pods keep the model's /proc, and a /proc always
// answers in terms of the PID namespace it was mounted for.
func pidInModel() (int, error) {
	target, err := os.Readlink("/proc/self")
	if err != nil {
		return 0, err
	}
	var pid int
	_, err = fmt.Sscanf(target, "%d", &pid)
	return pid, err
}

func (p *pod) do(line []byte) {
	var asked operation
	if err := json.Unmarshal(line, &asked); err != nil {
		emit(event{Event: "failed", Message: fmt.Sprintf("not understood: %v", err)})
		return
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	var err error
	switch asked.Op {
	case "start":
		err = p.start(asked.Container)
	case "kill":
		err = p.kill(asked.Container, asked.Signal)
	default:
		err = fmt.Errorf("there is no operation %q", asked.Op)
	}
	if err != nil {
		emit(event{Event: "failed", Container: asked.Container, Message: err.Error()})
	}
}

func (p *pod) kill(name string, signal syscall.Signal) error {
	pid, running := p.running[name]
	if !running {
		return errors.New("the container does not run")
	}
	return syscall.Kill(pid, signal)
}

func (p *pod) start(name string) error {
	if _, running := p.running[name]; running {
		return errors.New("the container runs already")
	}
	for _, container := range p.spec.Containers {
		if container.Name == name {
			return p.startContainer(container)
		}
	}
	return errors.New("the pod's spec has no such container")
}

// startContainer returns when the container's command runs, or could not be run.
func (p *pod) startContainer(container containerSpec) error {
	stdio, closeStdio, err := openStdio(container.Log)
	if err != nil {
		return err
	}
	defer closeStdio()
	sys := &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWPID, Setsid: true}
	start := p.processes.starter(func(status syscall.WaitStatus) { p.exited(container.Name, status) })
	inner, err := startHalf("container-init", sys, stdio, start)
	if err != nil {
		return fmt.Errorf("the container's namespaces: %w", err)
	}
	defer inner.socket.Close()
	if err := inner.send(containerTask{Pod: p.spec, Container: container}); err != nil {
		return err
	}
	var started event
	for {
		more, err := inner.drain(&started)
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	if started.Event != "started" {
		if started.Message == "" {
			started.Message = "it was killed while it was set up"
		}
		return errors.New(started.Message)
	}
	p.running[container.Name] = inner.pid
	emit(event{Event: "started", Container: container.Name, Pid: started.Pid})
	return nil
}

// exited is told of every end, also of containers that never came to run.
func (p *pod) exited(name string, status syscall.WaitStatus) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if _, running := p.running[name]; !running {
		return
	}
	delete(p.running, name)
	message := exitedEvent{Event: "exited", Container: name}
	if status.Signaled() {
		signal := status.Signal()
		message.Signal = &signal
	} else {
		code := status.ExitStatus()
		message.Code = &code
	}
	emit(message)
}

// openStdio gives a container no input, and its log or this pod's standard error for both outputs.
func openStdio(log string) (stdio [3]uintptr, closeAll func(), err error) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return stdio, nil, err
	}
	if log == "" {
		return [3]uintptr{null.Fd(), 2, 2}, func() { null.Close() }, nil
	}
	file, err := os.OpenFile(log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		null.Close()
		return stdio, nil, err
	}
	return [3]uintptr{null.Fd(), file.Fd(), file.Fd()}, func() { null.Close(); file.Close() }, nil
}

var emitMutex sync.Mutex

// emit writes one event for the starter; a starter that went away ends the pod through its standard input.
func emit(message any) {
	emitMutex.Lock()
	defer emitMutex.Unlock()
	_ = json.NewEncoder(os.Stdout).Encode(message)
}
