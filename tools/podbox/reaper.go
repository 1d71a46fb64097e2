package main

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// A reaper does what process 1 of a PID namespace owes it: it collects every process that ends, its own children
// and orphans alike, and tells who asked about their own.
type reaper struct {
	mutex sync.Mutex
	ended map[int]func(syscall.WaitStatus)
}

func newReaper() *reaper { return &reaper{ended: map[int]func(syscall.WaitStatus){}} }

// starter starts processes whose end is told to ended.
func (r *reaper) starter(ended func(syscall.WaitStatus)) starter {
	return func(path string, argv []string, attr *syscall.ProcAttr) (int, error) {
		// Held while starting, so that a process which ends at once is not collected before it is known.
		r.mutex.Lock()
		defer r.mutex.Unlock()
		pid, err := syscall.ForkExec(path, argv, attr)
		if err == nil {
			r.ended[pid] = ended
		}
		return pid, err
	}
}

// run collects processes for ever. It must be called before the first process is started by another goroutine, or
// after on this one: a signal that came before is asked for at the start.
func (r *reaper) run() {
	something := make(chan os.Signal, 1)
	signal.Notify(something, syscall.SIGCHLD)
	for {
		for r.collect() {
		}
		<-something
	}
}

func (r *reaper) collect() bool {
	var status syscall.WaitStatus
	pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
	if err != nil || pid <= 0 {
		return err == syscall.EINTR
	}
	r.mutex.Lock()
	ended := r.ended[pid]
	delete(r.ended, pid)
	r.mutex.Unlock()
	if ended != nil {
		ended(status)
	}
	return true
}
