package verify

import (
	"bytes"
	"context"

	"github.com/annals-es/annals/pkg/es"
)

// Witness is a copy of a commit's hash outside the event table: in a projection's checkpoint, a snapshot, or an anchor.
type Witness struct {
	// Source describes the witness in findings, such as "checkpoint of balances/3".
	Source string
	Stream es.StreamID
	// Version is any version in the commit, Hash is the commit's hash. A witness with version 0 (a checkpoint before the
	// first event) is ignored.
	Version int64
	Hash    []byte
}

// witnesses compares witnesses with commits. Different streams may be compared concurrently.
type witnesses struct {
	of    map[es.StreamID][]*remembered
	found *findings
}

type remembered struct {
	Witness
	met bool
}

// newWitnesses returns the witnesses with a version, of the streams for which of returns true.
func newWitnesses(all []Witness, of func(es.StreamID) bool, found *findings) *witnesses {
	w := &witnesses{of: map[es.StreamID][]*remembered{}, found: found}
	for _, one := range all {
		if one.Version > 0 && of(one.Stream) {
			w.of[one.Stream] = append(w.of[one.Stream], &remembered{Witness: one})
		}
	}
	return w
}

func (w *witnesses) compare(c *es.Commit) {
	for _, r := range w.of[c.Stream] {
		if r.Version < c.Version || r.Version > c.LastVersion() {
			continue
		}
		if r.met = true; !bytes.Equal(r.Hash, c.Hash) {
			w.found.add(c.Stream, c.Version, Mismatch, "%s has the hash %x for version %d, the stored hash is %x",
				r.Source, r.Hash, r.Version, c.Hash)
		}
	}
}

// settle looks up the commits of witnesses that were not compared yet: the stream may have grown since it was read.
func (w *witnesses) settle(ctx context.Context, s es.Inspector) error {
	for stream, all := range w.of {
		for _, r := range all {
			if r.met {
				continue
			}
			around := es.VersionRange{From: max(1, r.Version-es.MaxEvents+1), To: r.Version}
			for page, err := range s.Inspect(ctx, stream, around) {
				if err != nil {
					return err
				}
				for i := range page.Commits {
					w.compare(&page.Commits[i])
				}
			}
			if !r.met {
				w.found.add(stream, r.Version, Mismatch,
					"%s has the hash %x for a commit here: the commit is missing or unreadable",
					r.Source, r.Hash)
			}
		}
	}
	return nil
}
