// Command charm-check reads a packed charm with Juju's own library, makes the checks that Juju makes before a
// deployment, and prints what Juju understood as JSON. What Juju would refuse ends with exit code 1 and its words.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"

	"github.com/juju/charm/v12"
)

type report struct {
	Name       string              `json:"name"`
	Revision   int                 `json:"revision"`
	Version    string              `json:"version"`
	Bases      []string            `json:"bases"`
	Containers []string            `json:"containers"`
	Resources  []string            `json:"resources"`
	Storage    []string            `json:"storage"`
	Config     []string            `json:"config"`
	Actions    []string            `json:"actions"`
	Endpoints  map[string]endpoint `json:"endpoints"`
}

type endpoint struct {
	Role      string `json:"role"`
	Interface string `json:"interface"`
	Optional  bool   `json:"optional"`
	Limit     int    `json:"limit"`
	Scope     string `json:"scope"`
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: charm-check FILE.charm")
		os.Exit(2)
	}
	checked, err := check(os.Args[1])
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(checked); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func check(path string) (*report, error) {
	archive, err := charm.ReadCharmArchive(path)
	if err != nil {
		return nil, err
	}
	if manifest := archive.Manifest(); manifest == nil || len(manifest.Bases) == 0 {
		return nil, errors.New("manifest.yaml names no bases: Juju 3 takes this for a charm of the old format, Juju 4 refuses it")
	}
	if err := charm.CheckMeta(archive); err != nil {
		return nil, err
	}
	if err := checkExpanded(archive); err != nil {
		return nil, err
	}
	return reportOf(archive), nil
}

// checkExpanded unpacks the charm as the unit agent does. Only afterwards is it known whether dispatch may be run;
// Juju takes a dispatch that may not for none at all, and silently runs nothing.
func checkExpanded(archive *charm.CharmArchive) error {
	folder, err := os.MkdirTemp("", "charm-check-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if err := archive.ExpandTo(folder); err != nil {
		return err
	}
	info, err := os.Stat(filepath.Join(folder, "dispatch"))
	if err != nil {
		return errors.New("there is no dispatch")
	}
	if info.Mode()&0o100 == 0 {
		return errors.New("dispatch is not executable")
	}
	return nil
}

func reportOf(archive *charm.CharmArchive) *report {
	meta := archive.Meta()
	result := &report{
		Name:       meta.Name,
		Revision:   archive.Revision(),
		Version:    archive.Version(),
		Bases:      []string{},
		Containers: keysOf(meta.Containers),
		Resources:  keysOf(meta.Resources),
		Storage:    keysOf(meta.Storage),
		Config:     keysOf(archive.Config().Options),
		Actions:    keysOf(archive.Actions().ActionSpecs),
		Endpoints:  map[string]endpoint{},
	}
	for _, base := range archive.Manifest().Bases {
		for _, architecture := range base.Architectures {
			result.Bases = append(result.Bases, base.Name+"@"+base.Channel.String()+"/"+architecture)
		}
	}
	for name, relation := range meta.CombinedRelations() {
		result.Endpoints[name] = endpoint{
			Role:      string(relation.Role),
			Interface: relation.Interface,
			Optional:  relation.Optional,
			Limit:     relation.Limit,
			Scope:     string(relation.Scope),
		}
	}
	return result
}

func keysOf[V any](values map[string]V) []string {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
