package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"golang.org/x/sys/unix"
)

// Where things lie while a root is built; the new root is at /new.
const (
	machineFolder = "/old"
	imageFolder   = "/image"
	upperFolder   = "/upper"
	scratchFolder = "/scratch"
	newRoot       = "/new"
	procFlags     = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
)

// Top-level folders of the machine that a container shows: programs and what they need. Everything else there is
// the machine's own business.
var shownFolders = []string{"usr", "opt", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "nix", "gnu", "snap"}

// Top-level folders that a container has for itself, empty.
var privateFolders = map[string]fs.FileMode{
	"home": 0o755, "media": 0o755, "mnt": 0o755, "root": 0o700, "run": 0o755, "srv": 0o755,
	"tmp": 0o777 | fs.ModeSticky, "var": 0o755,
}

var varFolders = map[string]fs.FileMode{
	"cache": 0o755, "lib": 0o755, "log": 0o755, "mail": 0o755, "spool": 0o755, "tmp": 0o777 | fs.ModeSticky,
}

// buildRoot makes the container's root at /new: for each top-level folder the image's content over the machine's,
// under a writable layer that ends with the container.
func buildRoot(hostname string) error {
	layers := &overlays{}
	steps := []func() error{
		func() error { return showMachine(layers) },
		func() error { return makePrivate(layers) },
		func() error { return showImage(layers) },
		func() error { return makeEtc(hostname) },
		makeDevices,
		mountKernelFolders,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// showMachine lays the image's folders over the machine's. Where the machine has a link (/bin -> usr/bin) and the
// image has a folder, the image's files belong where the link points.
func showMachine(layers *overlays) error {
	for _, name := range shownFolders {
		machine := filepath.Join(machineFolder, name)
		info, err := os.Lstat(machine)
		switch {
		case err != nil:
			continue
		case info.IsDir():
			if err := layers.mount(name, layerOf(imageFolder, name), machine); err != nil {
				return err
			}
		case info.Mode()&fs.ModeSymlink != 0:
			if err := copyLink(machine, filepath.Join(newRoot, name)); err != nil {
				return err
			}
		}
	}
	for _, name := range shownFolders {
		link, err := os.Readlink(filepath.Join(machineFolder, name))
		image := layerOf(imageFolder, name)
		if err != nil || image == "" {
			continue
		}
		target := filepath.Join("/", link)[1:]
		machine := filepath.Join(machineFolder, target)
		if err := layers.mount(target, layerOf(imageFolder, target), image, machine); err != nil {
			return err
		}
	}
	return nil
}

func makePrivate(layers *overlays) error {
	for name, mode := range privateFolders {
		folder := filepath.Join(newRoot, name)
		if err := makeFolder(folder, mode); err != nil {
			return err
		}
		if image := layerOf(imageFolder, name); image != "" {
			if err := layers.mount(name, image); err != nil {
				return err
			}
		}
	}
	for name, mode := range varFolders {
		if err := makeFolder(filepath.Join(newRoot, "var", name), mode); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	for link, target := range map[string]string{"var/run": "../run", "var/lock": "../run/lock"} {
		if err := os.Symlink(target, filepath.Join(newRoot, link)); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

// showImage adds what the image has at its top level under names that are neither the machine's nor a system's.
func showImage(layers *overlays) error {
	entries, err := os.ReadDir(imageFolder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := entry.Name()
		target := filepath.Join(newRoot, name)
		if _, err := os.Lstat(target); err == nil || isSystemFolder(name) {
			continue
		}
		if entry.IsDir() {
			err = layers.mount(name, filepath.Join(imageFolder, name))
		} else {
			err = copyEntry(filepath.Join(imageFolder, name), target, entry)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func isSystemFolder(name string) bool {
	return name == "dev" || name == "etc" || name == "proc" || name == "sys"
}

// makeEtc is a real copy rather than a layer: for an ordinary user the machine's own folders are not writable, even
// under a layer, and charms write here.
func makeEtc(hostname string) error {
	etc := filepath.Join(newRoot, "etc")
	for _, lower := range []string{machineFolder, imageFolder} {
		if err := copyTree(filepath.Join(lower, "etc"), etc); err != nil {
			return fmt.Errorf("copying /etc: %w", err)
		}
	}
	files := map[string]string{
		"resolv.conf": "", // names are those in hosts; no name server is to be asked
		"hostname":    hostname + "\n",
		"hosts":       "127.0.0.1 localhost\n::1 localhost\n",
	}
	for name, content := range files {
		path := filepath.Join(etc, name)
		if err := os.RemoveAll(path); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func makeDevices() error {
	dev := filepath.Join(newRoot, "dev")
	for _, folder := range []string{dev, filepath.Join(dev, "pts")} {
		if err := makeFolder(folder, 0o755); err != nil {
			return err
		}
	}
	if err := makeFolder(filepath.Join(dev, "shm"), 0o777|fs.ModeSticky); err != nil {
		return err
	}
	for _, name := range []string{"null", "zero", "full", "random", "urandom", "tty"} {
		path := filepath.Join(dev, name)
		if err := os.WriteFile(path, nil, 0o666); err != nil {
			return err
		}
		if err := unix.Mount(filepath.Join(machineFolder, "dev", name), path, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("/dev/%s: %w", name, err)
		}
	}
	links := map[string]string{
		"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2",
		"ptmx": "pts/ptmx",
	}
	for name, target := range links {
		if err := os.Symlink(target, filepath.Join(dev, name)); err != nil {
			return err
		}
	}
	flags := uintptr(unix.MS_NOSUID | unix.MS_NOEXEC)
	if err := unix.Mount("devpts", filepath.Join(dev, "pts"), "devpts", flags, "newinstance,ptmxmode=0666"); err != nil {
		return fmt.Errorf("/dev/pts: %w", err)
	}
	return nil
}

func mountKernelFolders() error {
	proc, sys := filepath.Join(newRoot, "proc"), filepath.Join(newRoot, "sys")
	for _, folder := range []string{proc, sys} {
		if err := makeFolder(folder, 0o755); err != nil {
			return err
		}
	}
	if err := unix.Mount("proc", proc, "proc", procFlags, ""); err != nil {
		return fmt.Errorf("mounting /proc: %w", err)
	}
	// A sysfs of its own shows the pod's network interfaces; where that is refused, the machine's must do.
	if err := unix.Mount("sysfs", sys, "sysfs", procFlags|unix.MS_RDONLY, ""); err == nil {
		return nil
	}
	machine, err := takeTree(filepath.Join(machineFolder, "sys"), sys, true)
	if err != nil {
		return err
	}
	return machine.put()
}

// overlays mounts folders made of layers, and remembers where their writable layers can lie.
type overlays struct {
	count int
	upper string
}

// mount shows the layers, topmost first, at /new/<name>; an empty name of a layer stands for none.
func (o *overlays) mount(name string, layers ...string) error {
	target := filepath.Join(newRoot, name)
	if err := os.MkdirAll(target, 0o755); err != nil {
		return err
	}
	var lower []string
	for _, layer := range layers {
		if info, err := os.Lstat(layer); err == nil && info.IsDir() {
			lower = append(lower, layer)
		}
	}
	if len(lower) == 0 {
		return nil
	}
	o.count++
	places := []string{o.upper}
	if o.upper == "" {
		places = []string{upperFolder, scratchFolder}
	}
	var refused error
	for _, place := range places {
		if _, err := os.Stat(place); err != nil {
			continue
		}
		if refused = o.mountOn(place, target, name, lower); refused == nil {
			o.upper = place
			return nil
		}
	}
	return fmt.Errorf("an overlay of /%s: %w (needs Linux 5.11 with overlayfs; where a tmpfs is refused as its "+
		"writable layer, \"scratch\" in the spec helps)", name, refused)
}

func (o *overlays) mountOn(place, target, name string, lower []string) error {
	base := filepath.Join(place, fmt.Sprint(o.count))
	upper, work := filepath.Join(base, "upper"), filepath.Join(base, "work")
	for _, folder := range []string{upper, work} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
	}
	info, err := os.Stat(lower[0])
	if err != nil {
		return err
	}
	if err := os.Chmod(upper, info.Mode().Perm()|info.Mode()&fs.ModeSticky); err != nil {
		return err
	}
	options := "lowerdir=" + strings.Join(lower, ":") + ",upperdir=" + upper + ",workdir=" + work
	if isMappedUser() {
		// Ordinary users may not set the attributes that overlays use by default.
		options += ",userxattr"
		if err := makeWritable(upper, lower, depthOf(name)); err != nil {
			return err
		}
	}
	return unix.Mount("overlay", target, "overlay", 0, options)
}

// depthOf tells how deep below a folder an ordinary user's container can add files.
func depthOf(name string) int {
	if name == "usr" || name == "opt" {
		return 3
	}
	return 1
}

// makeWritable gives the upper layer the folders of the lower ones: in a user namespace the machine's folders belong
// to nobody and cannot be written, but a folder of the upper layer belongs to the container.
func makeWritable(upper string, lower []string, depth int) error {
	if depth == 0 {
		return nil
	}
	for _, layer := range lower {
		entries, err := os.ReadDir(layer)
		if err != nil {
			continue // one the user may not read
		}
		for _, entry := range entries {
			if !entry.IsDir() {
				continue
			}
			folder := filepath.Join(upper, entry.Name())
			if err := os.Mkdir(folder, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
				return err
			}
			if err := makeWritable(folder, []string{filepath.Join(layer, entry.Name())}, depth-1); err != nil {
				return err
			}
		}
	}
	return nil
}

// isMappedUser tells whether this is root of a user namespace only.
func isMappedUser() bool {
	content, err := os.ReadFile(filepath.Join(machineFolder, "proc/self/uid_map"))
	fields := strings.Fields(string(content))
	return err == nil && len(fields) >= 3 && fields[2] != "4294967295"
}

// layerOf is the path of a layer's folder, or "" when the layer has no such folder (links do not count).
func layerOf(layer, name string) string {
	path := layer
	for _, part := range strings.Split(name, "/") {
		path = filepath.Join(path, part)
		if info, err := os.Lstat(path); err != nil || !info.IsDir() {
			return ""
		}
	}
	return path
}

// toolchainMounts shows Python and Node where the machine has them in a home folder (pyenv, nvm and the like), which
// a container does not show otherwise; charms in those languages run with the machine's.
func toolchainMounts(path string) []mountSpec {
	seen := map[string]bool{}
	var mounts []mountSpec
	show := func(program string) {
		prefix := filepath.Dir(filepath.Dir(program))
		if seen[prefix] || !isInHome(prefix) {
			return
		}
		seen[prefix] = true
		mounts = append(mounts, mountSpec{Source: prefix, Target: prefix, ReadOnly: true})
	}
	for _, folder := range filepath.SplitList(path) {
		for _, name := range []string{"python3", "node"} {
			program := filepath.Join(folder, name)
			real, err := filepath.EvalSymlinks(program)
			// A project's own node is no toolchain, and node_modules is no prefix.
			if err != nil || strings.Contains(program, "/node_modules/") {
				continue
			}
			show(program)
			show(real)
		}
	}
	// A prefix inside another is mounted after it.
	sort.Slice(mounts, func(i, j int) bool { return mounts[i].Target < mounts[j].Target })
	return mounts
}

func isInHome(prefix string) bool {
	for _, home := range []string{"/root", "/home", os.Getenv("HOME")} {
		inside := strings.HasPrefix(prefix, home+"/")
		// A whole home folder is never shown.
		if home != "" && inside && prefix != os.Getenv("HOME") && filepath.Dir(prefix) != "/home" {
			return true
		}
	}
	return false
}
