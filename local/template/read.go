package template

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Options are values that are not in the template.
type Options struct {
	// APIEndpoint is the address of the HTTP API, SocketEndpoint that of the WebSocket API.
	APIEndpoint, SocketEndpoint string
	// Issuer is the local issuer that replaces the template's. If "", none does.
	Issuer string
	// Secret returns the value of a secret of Secrets Manager, by its name. It must be the same at every start.
	Secret func(name string) (string, error)
	// SQSEndpoint is the address of the queues.
	SQSEndpoint string
}

// Read reads every *.template.json in dir with its *.assets.json.
//
// Errors: one that names the file and the logical id.
func Read(dir string, o Options) (*System, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.template.json"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no *.template.json in %s: run cdk synth first", dir)
	}
	system := &System{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".template.json")
		s, err := readStack(dir, name, o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(file), err)
		}
		if err := s.addTo(system); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(file), err)
		}
	}
	slices.Sort(system.NotRun)
	system.NotRun = slices.Compact(system.NotRun)
	return system, nil
}

// stack is one template while it is read.
type stack struct {
	dir     string
	name    string
	options Options

	Metadata   map[string]json.RawMessage
	Parameters map[string]struct{ Default any }
	Resources  map[string]*resource
	assets     map[string]string // hash to folder

	notRun []string
}

type resource struct {
	id         string
	Type       string
	Properties map[string]any
	Condition  string
}

func readStack(dir, name string, o Options) (*stack, error) {
	s := &stack{dir: dir, name: name, options: o, assets: map[string]string{}}
	if err := readJSON(filepath.Join(dir, name+".template.json"), s); err != nil {
		return nil, err
	}
	for id, r := range s.Resources {
		if r == nil || r.Type == "" {
			return nil, fmt.Errorf("resource %s has no Type", id)
		}
		r.id = id
	}
	var manifest struct {
		Files map[string]struct {
			Source struct{ Path string }
		}
	}
	err := readJSON(filepath.Join(dir, name+".assets.json"), &manifest)
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	for hash, file := range manifest.Files {
		s.assets[hash] = filepath.Join(dir, file.Source.Path)
	}
	return s, nil
}

func readJSON(file string, into any) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("read %s: %w", filepath.Base(file), err)
	}
	return nil
}

// addTo adds the resources that run. Tables, functions, queues and buckets come first: APIs and mappings refer to them.
func (s *stack) addTo(system *System) error {
	for _, add := range []func(*System) error{
		s.addStack, s.addTables, s.addFunctions, s.addQueues, s.addBuckets, s.addBuses, s.addScheduleGroups,
		s.addScheduleRoles, s.addSchedules, s.addAPIs,
		s.addSockets, s.addMappings, s.addMachines, s.addNotRun,
	} {
		if err := add(system); err != nil {
			return err
		}
	}
	return nil
}

// of returns the resources of the given types, by logical id.
func (s *stack) of(types ...string) []*resource {
	var found []*resource
	for _, r := range s.Resources {
		if slices.Contains(types, r.Type) {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b *resource) int { return strings.Compare(a.id, b.id) })
	return found
}
