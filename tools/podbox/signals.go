package main

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// forwardSignals passes what asks a program to end on to the process that does the work.
func forwardSignals(pid int) {
	asked := make(chan os.Signal, 8)
	signal.Notify(asked, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT)
	go func() {
		for received := range asked {
			number, ok := received.(syscall.Signal)
			if !ok || fromTerminal(number) {
				continue
			}
			_ = syscall.Kill(pid, number)
		}
	}()
}

// fromTerminal tells whether a signal is likely a key press, which the terminal has sent to the other process, too.
func fromTerminal(number syscall.Signal) bool {
	if number != syscall.SIGINT && number != syscall.SIGQUIT {
		return false
	}
	terminal, err := os.Open("/dev/tty")
	if err != nil {
		return false
	}
	defer terminal.Close()
	group, err := unix.IoctlGetInt(int(terminal.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

func notifyEnd(asked chan<- os.Signal) { signal.Notify(asked, syscall.SIGTERM, syscall.SIGINT) }
