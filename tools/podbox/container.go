package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"syscall"

	"golang.org/x/sys/unix"
)

type containerSpec struct {
	Name string `json:"name"`
	// Image is a folder that is laid over the machine's root; empty for the bare machine.
	Image  string      `json:"image"`
	Mounts []mountSpec `json:"mounts"`
	// Command is the container's process 1. When empty, it is podbox itself, which only collects orphans.
	Command []string          `json:"command"`
	Env     map[string]string `json:"env"`
	Cwd     string            `json:"cwd"`
	// Log is a file that gets both outputs of the command, appended.
	Log string `json:"log"`
}

type mountSpec struct {
	Source   string `json:"source"`
	Target   string `json:"target"`
	ReadOnly bool   `json:"readOnly"`
}

type containerTask struct {
	Pod       podSpec       `json:"pod"`
	Container containerSpec `json:"container"`
}

// containerInit is the container's process 1 while it makes the root file system, then becomes the command.
func containerInit(outer *half) int {
	var task containerTask
	if err := outer.receive(&task); err != nil {
		return fail(err)
	}
	syscall.Umask(0o022) // what is made here, and the command, has the usual modes whoever started the model
	err := task.run(outer)
	_ = outer.send(event{Event: "failed", Message: err.Error()})
	return 1
}

func (task containerTask) run(outer *half) error {
	pid, err := pidInModel() // asked before /proc is the container's own
	if err != nil {
		return err
	}
	if err := task.setUpRoot(); err != nil {
		return err
	}
	container := task.Container
	command := execSpec{Command: container.Command, Env: task.environment(), Cwd: filepath.Join("/", container.Cwd)}
	if err := os.MkdirAll(command.Cwd, 0o755); err != nil {
		return err
	}
	if err := outer.send(event{Event: "started", Pid: pid}); err != nil {
		return err
	}
	if len(container.Command) > 0 {
		return command.become()
	}
	outer.socket.Close()
	pause()
	return nil
}

// pause keeps a container without a command alive until it is told to end.
func pause() {
	processes := newReaper()
	asked := make(chan os.Signal, 1)
	notifyEnd(asked)
	go processes.run()
	<-asked
	os.Exit(0)
}

// environment is what a container runtime gives, and over it what the spec says.
func (task containerTask) environment() []string {
	values := map[string]string{
		"PATH":     "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOSTNAME": task.Pod.Hostname,
		"HOME":     "/root",
	}
	for name, value := range task.Container.Env {
		values[name] = value
	}
	var pairs []string
	for name, value := range values {
		pairs = append(pairs, name+"="+value)
	}
	sort.Strings(pairs)
	return pairs
}

// A tree is a piece of the machine's file system, taken before the root changes, to be put into the container after.
type tree struct {
	fd       int
	isFolder bool
	target   string
}

// takeTree makes a detached bind mount of source, with everything mounted below it.
func takeTree(source, target string, readOnly bool) (tree, error) {
	info, err := os.Stat(source)
	if err != nil {
		return tree{}, fmt.Errorf("%s (to be seen at %s): %w", source, target, err)
	}
	fd, err := unix.OpenTree(unix.AT_FDCWD, source, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)
	if err != nil {
		return tree{}, fmt.Errorf("binding %s: %w", source, err)
	}
	if readOnly {
		attributes := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}
		if err := unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, &attributes); err != nil {
			return tree{}, fmt.Errorf("making %s read-only: %w", source, err)
		}
	}
	return tree{fd: fd, isFolder: info.IsDir(), target: filepath.Join("/", target)}, nil
}

// put mounts the tree at its target, which is created when missing.
func (t tree) put() error {
	if err := t.makeTarget(); err != nil {
		return fmt.Errorf("mount point %s: %w", t.target, err)
	}
	if err := unix.MoveMount(t.fd, "", unix.AT_FDCWD, t.target, unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_SYMLINKS); err != nil {
		return fmt.Errorf("mounting at %s: %w", t.target, err)
	}
	return unix.Close(t.fd)
}

func (t tree) makeTarget() error {
	if t.isFolder {
		return os.MkdirAll(t.target, 0o755)
	}
	if err := os.MkdirAll(filepath.Dir(t.target), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(t.target, os.O_CREATE|os.O_RDONLY, 0o644)
	if err != nil && os.IsPermission(err) {
		if _, statError := os.Stat(t.target); statError == nil {
			return nil // it exists, which is enough
		}
	}
	if err != nil {
		return err
	}
	return file.Close()
}

func takeMounts(mounts []mountSpec) ([]tree, error) {
	var trees []tree
	for _, mount := range mounts {
		taken, err := takeTree(mount.Source, mount.Target, mount.ReadOnly)
		if err != nil {
			return nil, err
		}
		trees = append(trees, taken)
	}
	return trees, nil
}

// setUpRoot replaces the root by the container's. In between, a temporary root shows the machine at /old and the
// image at /image, since an overlay names its layers by path.
func (task containerTask) setUpRoot() error {
	trees, err := takeMounts(append(toolchainMounts(os.Getenv("PATH")), task.Container.Mounts...))
	if err != nil {
		return err
	}
	hosts, err := task.takeHosts()
	if err != nil {
		return err
	}
	workbench, err := task.takeWorkbench()
	if err != nil {
		return err
	}
	if err := enterTemporaryRoot(workbench); err != nil {
		return err
	}
	if err := buildRoot(task.Pod.Hostname); err != nil {
		return err
	}
	if err := changeRoot("/new", "/new/.old"); err != nil {
		return err
	}
	if err := dropOldRoot("/.old"); err != nil {
		return err
	}
	for _, each := range append(trees, hosts...) {
		if err := each.put(); err != nil {
			return err
		}
	}
	return nil
}

func (task containerTask) takeHosts() ([]tree, error) {
	if task.Pod.Hosts == "" {
		return nil, nil
	}
	hosts, err := takeTree(task.Pod.Hosts, "/etc/hosts", false)
	return []tree{hosts}, err
}

// takeWorkbench takes the folders that are needed while the root is built: the image, and an emptied scratch folder.
func (task containerTask) takeWorkbench() ([]tree, error) {
	var mounts []mountSpec
	if task.Container.Image != "" {
		mounts = append(mounts, mountSpec{Source: task.Container.Image, Target: imageFolder, ReadOnly: true})
	}
	if task.Pod.Scratch != "" {
		folder := filepath.Join(task.Pod.Scratch, task.Container.Name)
		if err := os.RemoveAll(folder); err != nil {
			return nil, err
		}
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, err
		}
		mounts = append(mounts, mountSpec{Source: folder, Target: scratchFolder})
	}
	return takeMounts(mounts)
}

// enterTemporaryRoot is a tmpfs; what it was mounted over does not matter, since it does not stay there.
func enterTemporaryRoot(workbench []tree) error {
	const mountPoint = "/tmp"
	if err := unix.Mount("tmpfs", mountPoint, "tmpfs", 0, "mode=0755"); err != nil {
		return fmt.Errorf("mounting a tmpfs: %w", err)
	}
	if err := changeRoot(mountPoint, mountPoint+machineFolder); err != nil {
		return err
	}
	for _, each := range workbench {
		if err := each.put(); err != nil {
			return err
		}
	}
	for _, folder := range []string{"/new", upperFolder} {
		if err := os.Mkdir(folder, 0o755); err != nil {
			return err
		}
	}
	if err := unix.Mount("tmpfs", "/new", "tmpfs", 0, "mode=0755"); err != nil {
		return fmt.Errorf("mounting a tmpfs: %w", err)
	}
	return nil
}

func changeRoot(root, putOld string) error {
	if err := os.Mkdir(putOld, 0o755); err != nil {
		return err
	}
	if err := unix.PivotRoot(root, putOld); err != nil {
		return fmt.Errorf("pivot_root: %w", err)
	}
	return os.Chdir("/")
}

func dropOldRoot(path string) error {
	if err := unix.Unmount(path, unix.MNT_DETACH); err != nil {
		return fmt.Errorf("unmounting the machine's root: %w", err)
	}
	return syscall.Rmdir(path)
}
