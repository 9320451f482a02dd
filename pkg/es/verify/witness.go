package verify

import (
	"bytes"
	"context"

	"github.com/annals-es/annals/pkg/es"
)

// Witness is anything that remembers a commit's hash elsewhere: a projection's checkpoint, a snapshot, an anchor.
type Witness struct {
	// Source names it in findings: "checkpoint of balances/3".
	Source string
	Stream es.StreamID
	// Version is any version in the commit, Hash the commit's hash. Version 0 (a checkpoint before the first event)
	// remembers nothing.
	Version int64
	Hash    []byte
}

// witnesses compares them with the commits. Different streams may be compared at once.
type witnesses struct {
	of    map[es.StreamID][]*remembered
	found *findings
}

type remembered struct {
	Witness
	met bool
}

// newWitnesses takes those that remember something, of one stream or of all.
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
			w.found.add(c.Stream, c.Version, Mismatch, "%s remembers the hash %x at version %d, stored is %x", r.Source, r.Hash, r.Version, c.Hash)
		}
	}
}

// settle looks again for the commits that were not met: a stream may have grown since it was read.
func (w *witnesses) settle(ctx context.Context, s es.Inspector) error {
	for stream, all := range w.of {
		for _, r := range all {
			if r.met {
				continue
			}
			for page, err := range s.Inspect(ctx, stream, es.VersionRange{From: max(1, r.Version-es.MaxEvents+1), To: r.Version}) {
				if err != nil {
					return err
				}
				for i := range page.Commits {
					w.compare(&page.Commits[i])
				}
			}
			if !r.met {
				w.found.add(stream, r.Version, Mismatch, "%s remembers a commit here with the hash %x: there is none, or none that can be read",
					r.Source, r.Hash)
			}
		}
	}
	return nil
}
