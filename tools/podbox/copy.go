package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// copyTree copies folders, files and links below source; links are copied as links. What this user may not read, and
// what is none of the three, is left out. A source that is missing is an empty one.
func copyTree(source, target string) error {
	return filepath.WalkDir(source, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
				return nil
			}
			return err
		}
		relative, err := filepath.Rel(source, path)
		if err != nil {
			return err
		}
		return copyEntry(path, filepath.Join(target, relative), entry)
	})
}

func copyEntry(source, target string, entry fs.DirEntry) error {
	var err error
	switch {
	case entry.IsDir():
		err = copyFolder(source, target, entry)
	case entry.Type()&fs.ModeSymlink != 0:
		err = copyLink(source, target)
	case entry.Type().IsRegular():
		err = copyFile(source, target, entry)
	}
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	return err
}

func copyFolder(source, target string, entry fs.DirEntry) error {
	if existing, err := os.Lstat(target); err == nil && !existing.IsDir() {
		if err := os.Remove(target); err != nil {
			return err
		}
	}
	info, err := entry.Info()
	if err != nil {
		return err
	}
	if err := makeFolder(target, info.Mode()|0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return copyOwner(info, target)
}

func copyLink(source, target string) error {
	link, err := os.Readlink(source)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(target); err != nil {
		return err
	}
	return os.Symlink(link, target)
}

func copyFile(source, target string, entry fs.DirEntry) error {
	info, err := entry.Info()
	if err != nil {
		return err
	}
	from, err := os.Open(source)
	if err != nil {
		return err
	}
	defer from.Close()
	if err := os.RemoveAll(target); err != nil {
		return err
	}
	to, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer to.Close()
	if _, err := io.Copy(to, from); err != nil {
		return err
	}
	if err := copyOwner(info, target); err != nil {
		return err
	}
	return to.Chmod(info.Mode())
}

// copyOwner keeps the owner where this user can: in a user namespace all is the container's own.
func copyOwner(info fs.FileInfo, target string) error {
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || (owner.Uid == 0 && owner.Gid == 0) || isOverflow(owner) {
		return nil
	}
	err := os.Lchown(target, int(owner.Uid), int(owner.Gid))
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, fs.ErrPermission) {
		return nil
	}
	return err
}

func isOverflow(owner *syscall.Stat_t) bool { return owner.Uid == 65534 || owner.Gid == 65534 }

// makeFolder makes one folder with exactly this mode, whatever the umask.
func makeFolder(path string, mode fs.FileMode) error {
	if err := os.Mkdir(path, 0o755); err != nil {
		return err
	}
	return os.Chmod(path, mode)
}
