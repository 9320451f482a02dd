package verify

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"github.com/annals-es/annals/pkg/es"
)

// Kind is what is wrong.
type Kind string

const (
	// Changed is a commit whose bytes do not have the hash that is stored with them.
	Changed Kind = "changed"
	// Missing are versions without a commit, though there are later ones: a commit was removed.
	Missing Kind = "missing"
	// Inserted is a commit that starts inside the one before it.
	Inserted Kind = "inserted"
	// Broken is a commit whose prev is not the hash of the commit before it: one of the two was replaced, or commits
	// changed places.
	Broken Kind = "broken chain"
	// Backwards is a commit that is not later than the one before it.
	Backwards Kind = "time goes back"
	// Corrupt is a commit that can't be read.
	Corrupt Kind = "corrupt"
	// Sibling is a commit that is not there as another commit of the same append says: it is missing, has another id or
	// time, or does not name the same siblings.
	Sibling Kind = "sibling"
	// Mismatch is a commit that is not there as a witness remembers it: the stream ends before it, or it has another hash.
	Mismatch Kind = "witness"
)

// Finding is one thing that is wrong.
type Finding struct {
	// Stream and Version say where: the version that a commit starts at, or that misses one. Both are empty for an item
	// whose key is none of a commit; Detail has the key then.
	Stream  es.StreamID
	Version int64
	Kind    Kind
	// Detail is for people.
	Detail string
}

// String returns the finding in one line.
func (f Finding) String() string {
	if f.Stream == (es.StreamID{}) {
		return fmt.Sprintf("%s: %s", f.Kind, f.Detail)
	}
	return fmt.Sprintf("%s@%d: %s: %s", f.Stream, f.Version, f.Kind, f.Detail)
}

// Report is the outcome of a check.
type Report struct {
	// Streams, Commits and Events are how many could be read.
	Streams, Commits, Events int64
	// Found is how many findings there are. Findings has them by stream and version, at most as many as were asked for.
	Found    int
	Findings []Finding
	// Heads are where the streams end, by name, if they were asked for.
	Heads []Anchor
}

// findings collects them, safe for concurrent use.
type findings struct {
	mu    sync.Mutex
	most  int
	total int
	kept  []Finding
}

func (f *findings) add(stream es.StreamID, version int64, kind Kind, format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.total++; len(f.kept) < f.most {
		f.kept = append(f.kept, Finding{Stream: stream, Version: version, Kind: kind, Detail: fmt.Sprintf(format, args...)})
	}
}

func (f *findings) report(r *Report) {
	slices.SortFunc(f.kept, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Stream.String(), b.Stream.String()), cmp.Compare(a.Version, b.Version),
			cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Detail, b.Detail))
	})
	r.Found, r.Findings = f.total, f.kept
}
