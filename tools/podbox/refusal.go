package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// isPrivileged tells whether this process may make namespaces without a user namespace: root in name is not enough,
// since containers often take the capabilities away.
func isPrivileged() bool {
	const needed = 1<<unix.CAP_SYS_ADMIN | 1<<unix.CAP_NET_ADMIN | 1<<unix.CAP_SYS_CHROOT
	status, err := os.Open("/proc/self/status")
	if err != nil {
		return os.Geteuid() == 0
	}
	defer status.Close()
	for lines := bufio.NewScanner(status); lines.Scan(); {
		if text, found := strings.CutPrefix(lines.Text(), "CapEff:"); found {
			effective, err := strconv.ParseUint(strings.TrimSpace(text), 16, 64)
			return err == nil && effective&needed == needed
		}
	}
	return false
}

// A machine's setting that forbids ordinary users to have namespaces of their own, and the value that allows it.
var restrictions = []struct {
	name      string
	forbids   string
	allow     string
	explained string
}{
	{"kernel.apparmor_restrict_unprivileged_userns", "1", "0", "AppArmor restricts user namespaces, as on Ubuntu 23.10 and later"},
	{"kernel.unprivileged_userns_clone", "0", "1", "only root may make user namespaces"},
	{"user.max_user_namespaces", "0", "15000", "no user namespaces are allowed"},
	{"user.max_net_namespaces", "0", "15000", "no network namespaces are allowed"},
	{"user.max_mnt_namespaces", "0", "15000", "no mount namespaces are allowed"},
	{"user.max_pid_namespaces", "0", "15000", "no PID namespaces are allowed"},
}

// explainRefusal names the setting of the machine because of which the kernel refused, and what to run.
func explainRefusal(what string, err error) error {
	refused := errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) || errors.Is(err, unix.ENOSPC) ||
		errors.Is(err, unix.EUSERS)
	if !refused {
		return fmt.Errorf("%s: %w", what, err)
	}
	for _, restriction := range restrictions {
		path := "/proc/sys/" + strings.ReplaceAll(restriction.name, ".", "/")
		value, readError := os.ReadFile(path)
		if readError != nil || strings.TrimSpace(string(value)) != restriction.forbids {
			continue
		}
		return fmt.Errorf("%s: %w: %s on this machine (%s=%s). To allow it until the next boot, run:\n"+
			"  sudo sysctl -w %s=%s\nand to keep it:\n"+
			"  echo %s=%s | sudo tee /etc/sysctl.d/60-podbox.conf\nOr run this command as root.",
			what, err, restriction.explained, restriction.name, restriction.forbids,
			restriction.name, restriction.allow, restriction.name, restriction.allow)
	}
	return fmt.Errorf("%s: %w: the kernel refuses it. Inside a container, start that container with more rights "+
		"(docker run --privileged); elsewhere, run this command as root", what, err)
}

// failCommand reports a command that cannot be run, with the exit codes that shells use.
func failCommand(err error) int {
	_ = fail(err)
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
		return 127
	}
	return 126
}
