package estest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/annals-es/annals/pkg/es"
)

// GoldenConfig sets where golden files are.
type GoldenConfig struct {
	// Dir is the folder of the golden files, such as testdata/golden. It must contain nothing else.
	Dir string
	// Update writes the samples' files instead of comparing them. Set it from a flag of the test. If events of a type may
	// be stored anywhere, do not update its file: raise the schema instead.
	Update bool
}

// Golden compares the aggregate's stored events with golden files, <Type>.v<schema>.json: one for each type and schema
// that was ever stored. It fails the test if
//
//   - a registered type has no sample or no file, or an older schema with an upcaster has no file,
//   - the stored form of a sample differs from its file, or the file does not decode to the sample,
//   - a file cannot be decoded: no upcaster leads from its type and schema to a current one.
//
// Personal data is encrypted in the files, under a key of the test kit. Golden decodes each file with this key and
// without it, so that upcasters see both.
//
// Give one sample per type, ideally with every field set. Further files, <Type>.v<schema>.<note>.json, must stay
// readable too. Use them for values that were valid when they were stored and no longer are, such as
// MoneyDeposited.v1.retired-currency.json. Write these files by hand; Golden never updates them.
func (k Kit[S, E]) Golden(t T, cfg GoldenConfig, samples ...E) {
	t.Helper()
	aggregate := k.aggregate
	sampled := map[string]bool{}
	for _, sample := range samples {
		raw, err := encode(aggregate, sample)
		if err != nil {
			t.Errorf("golden: %v", err)
			continue
		}
		if sampled[raw.Type] {
			t.Errorf("golden: two samples of %s", raw.Type)
			continue
		}
		sampled[raw.Type] = true
		if err := golden(cfg, aggregate, sample, raw); err != nil {
			t.Errorf("golden: %v", err)
		}
	}
	current, older := registered(aggregate.Events)
	for _, s := range current {
		if !sampled[s.name] {
			t.Errorf("golden: no sample of %s", s.name)
		}
	}
	for _, s := range older { // no samples exist for older schemas
		if _, err := os.Stat(filepath.Join(cfg.Dir, s.file())); err != nil {
			t.Errorf("golden: %s schema %d has an upcaster but no file: %v", s.name, s.schema, err)
		}
	}
	for _, err := range undecodable(cfg.Dir, aggregate) {
		t.Errorf("golden: %v", err)
	}
}

// golden compares one sample with its file.
func golden[S, E any](cfg GoldenConfig, aggregate es.Aggregate[S, E], sample E, raw es.RawEvent) error {
	if err := survives(aggregate, sample); err != nil {
		return err
	}
	path := filepath.Join(cfg.Dir, stored{raw.Type, raw.Schema}.file())
	line := append(bytes.Clone(raw.Data), '\n')
	if cfg.Update {
		if err := os.MkdirAll(cfg.Dir, 0o755); err != nil {
			return err
		}
		return os.WriteFile(path, line, 0o644)
	}
	file, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s schema %d has no file %s: write it with -update", raw.Type, raw.Schema, path)
	}
	if err != nil {
		return err
	}
	if !bytes.Equal(file, line) {
		return fmt.Errorf("%s schema %d: the stored form differs from %s: "+
			"if such events are stored anywhere, raise the schema\n-%s+%s",
			raw.Type, raw.Schema, path, file, line)
	}
	return nil
}

var goldenName = regexp.MustCompile(`^(.+)\.v([1-9][0-9]*)(?:\.[a-z0-9-]+)?\.json$`)

// undecodable returns an error for each file of a folder that cannot be decoded.
func undecodable[S, E any](dir string, aggregate es.Aggregate[S, E]) []error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return []error{err}
	}
	var errs []error
	for _, file := range files {
		path := filepath.Join(dir, file.Name())
		name := goldenName.FindStringSubmatch(file.Name())
		if name == nil {
			errs = append(errs, fmt.Errorf("%s: want <Type>.v<schema>.json, or <Type>.v<schema>.<note>.json", path))
			continue
		}
		data, err := os.ReadFile(path)
		if err == nil {
			schema, _ := strconv.Atoi(name[2])
			_, err = decode(aggregate, es.RawEvent{Type: name[1], Schema: schema, Data: data})
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", path, err))
		}
	}
	return errs
}
