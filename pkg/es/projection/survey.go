package projection

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"

	"github.com/annals-es/annals/pkg/es"
)

// survey is what one verification compares: its segments share it. It is stored as JSON, at most 400 KB.
type survey struct {
	// ID distinguishes it from other surveys of the generation.
	ID string `json:"id"`
	// Segments is the number of parts that the history is divided into.
	Segments int `json:"segments"`
	// Rows are a sample of the shared rows. Owned is a sample of the rows that belong to a stream.
	Rows  []surveyed `json:"rows"`
	Owned []RowKey   `json:"owned,omitempty"`
}

// surveyed is a shared row with its counters at the start of the verification.
type surveyed struct {
	Key
	Counters map[string]Number `json:"counters"`
}

// findings are the results of one segment so far. They are stored as JSON, at most 400 KB.
type findings struct {
	// Survey is the id of the survey that they belong to.
	Survey string `json:"survey"`
	// Position is how far the segment was read. If it is in the middle of Stream, Version is the last version read; if
	// not, Stream is zero.
	Position es.Position `json:"position"`
	Stream   es.StreamID `json:"stream,omitzero"`
	Version  int64       `json:"version,omitempty"`
	// Sums are what the streams read so far add to the survey's rows, in the order of these rows.
	Sums   []map[string]Number `json:"sums"`
	Report Report              `json:"report"`
	// Differences are the first of Count differences.
	Differences []string `json:"differences,omitempty"`
	Count       int      `json:"count,omitempty"`
}

func (f *findings) differ(format string, args ...any) {
	if f.Count++; f.Count <= maxDifferences {
		f.Differences = append(f.Differences, fmt.Sprintf(format, args...))
	}
}

// survey chooses shared rows, and records their current counters.
func (r *Rebuilder) survey(ctx context.Context, t *target) (survey, error) {
	s := survey{ID: rand.Text(), Segments: r.cfg.Segments}
	chosen := smallest{most: r.cfg.VerifySample}
	owned := smallest{most: (r.cfg.VerifySample + 3) / 4} // comparing each of these reads a stream
	keys := map[string]RowKey{}
	for key, err := range t.sub.View.Keys(ctx, t.Generation) {
		if err != nil {
			return s, fmt.Errorf("survey %s: rows: %w", t, err)
		}
		name := fmt.Sprint(key.Kind, key.name())
		if key.Kind == SharedRow && chosen.take(name) || key.Kind != SharedRow && owned.take(name) {
			keys[name] = key
		}
	}
	for _, name := range slices.Sorted(maps.Keys(owned.names)) {
		s.Owned = append(s.Owned, keys[name])
	}
	for _, name := range slices.Sorted(maps.Keys(chosen.names)) {
		s.Rows = append(s.Rows, surveyed{Key: keys[name].Key})
	}
	now, err := s.look(ctx, t)
	for i := range s.Rows {
		s.Rows[i].Counters = now[s.Rows[i].row()].Counters
	}
	return s, err
}

// name is a key as one string.
func (k Key) name() string { return k.Partition + "\x00" + k.Sort }

func (s surveyed) row() RowKey { return RowKey{Key: s.Key, Kind: SharedRow} }

// look reads the rows of a survey.
func (s *survey) look(ctx context.Context, t *target) (map[RowKey]Row, error) {
	if len(s.Rows) == 0 {
		return nil, nil
	}
	keys := make([]RowKey, len(s.Rows))
	for i := range keys {
		keys[i] = s.Rows[i].row()
	}
	rows, err := t.sub.View.Rows(ctx, t.Generation, keys...)
	if err != nil {
		return nil, fmt.Errorf("survey %s: rows: %w", t, err)
	}
	return rows, nil
}
