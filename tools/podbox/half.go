package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// A half is this program running once more, in other namespaces, seen from the other side of a socket that connects
// the two. What the inner half needs to know comes over the socket, and the end of the socket is the end of the
// other: no signal can kill one without the other learning of it.
type half struct {
	pid    int
	socket *os.File
	in     *json.Decoder
}

// startHalf runs the sub-command name of this program with the given clone flags. Its standard streams are stdio;
// start is how a process is started (a process 1 does it through its reaper).
func startHalf(name string, sys *syscall.SysProcAttr, stdio [3]uintptr, start starter) (*half, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socketpair: %w", err)
	}
	ours, theirs := pair[0], pair[1]
	defer unix.Close(theirs)
	// Not through ProcAttr.Files: that would overwrite a file that the caller hands down under the same number.
	if _, err := unix.FcntlInt(uintptr(theirs), unix.F_SETFD, 0); err != nil {
		return nil, fmt.Errorf("fcntl: %w", err)
	}
	pid, err := start("/proc/self/exe", []string{"podbox", name, strconv.Itoa(theirs)}, &syscall.ProcAttr{
		Env:   os.Environ(),
		Files: stdio[:],
		Sys:   sys,
	})
	if err != nil {
		unix.Close(ours)
		return nil, err
	}
	socket := os.NewFile(uintptr(ours), "half")
	return &half{pid: pid, socket: socket, in: json.NewDecoder(socket)}, nil
}

type starter func(path string, argv []string, attr *syscall.ProcAttr) (int, error)

// outerHalf is the inner half's view of the one that started it.
func outerHalf(args []string) *half {
	if len(args) != 1 {
		fatalUsage("this sub-command is podbox's own")
	}
	fd, err := strconv.Atoi(args[0])
	if err != nil {
		fatalUsage("this sub-command is podbox's own")
	}
	unix.CloseOnExec(fd)
	socket := os.NewFile(uintptr(fd), "half")
	return &half{pid: os.Getppid(), socket: socket, in: json.NewDecoder(socket)}
}

func (h *half) send(message any) error { return json.NewEncoder(h.socket).Encode(message) }

func (h *half) receive(message any) error { return h.in.Decode(message) }

// dieWith ends this process once the other half is gone.
func (h *half) dieWith() {
	var message json.RawMessage
	if err := h.in.Decode(&message); err != nil {
		os.Exit(128 + int(syscall.SIGKILL))
	}
}

// wait returns how the half ended, as an exit code.
func (h *half) wait() int {
	var status syscall.WaitStatus
	for {
		_, err := syscall.Wait4(h.pid, &status, 0, nil)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			return fail(fmt.Errorf("waiting for process %d: %w", h.pid, err))
		}
		return exitCode(status)
	}
}

func exitCode(status syscall.WaitStatus) int {
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}

// drain reads what the other half says until it closes the socket (which running another program does). It may close
// it before it has read the end of the line after the last message: the kernel then tells of a reset, not of an end.
func (h *half) drain(message any) (bool, error) {
	err := h.in.Decode(message)
	if errors.Is(err, io.EOF) || errors.Is(err, unix.ECONNRESET) {
		return false, nil
	}
	return err == nil, err
}

func ownStdio() [3]uintptr { return [3]uintptr{0, 1, 2} }
