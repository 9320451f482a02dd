package verify

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"github.com/annals-es/annals/pkg/es"
)

// Kind is the kind of a finding.
type Kind string

const (
	// Changed is a commit whose contents do not match its stored hash.
	Changed Kind = "changed"
	// Missing are versions without a commit although later versions exist: a commit was removed.
	Missing Kind = "missing"
	// Inserted is a commit that starts inside the one before it.
	Inserted Kind = "inserted"
	// Broken is a commit whose prev is not the hash of the commit before it: one of the two was replaced, or commits were
	// swapped.
	Broken Kind = "broken chain"
	// Backwards is a commit that was not recorded later than the one before it.
	Backwards Kind = "time goes back"
	// Corrupt is a commit that cannot be read.
	Corrupt Kind = "corrupt"
	// Sibling is a commit that does not fit to another commit of the same append: it is missing, has another id or time,
	// or does not name the same siblings.
	Sibling Kind = "sibling"
	// Mismatch is a commit that does not fit to a witness: the stream ends before it, or it has another hash.
	Mismatch Kind = "witness"
)

// Finding is one problem that a check found.
type Finding struct {
	// Stream and Version are the place: the version at which a commit starts or is missing. Both are empty for an item
	// whose key is not that of a commit; Detail then contains the key.
	Stream  es.StreamID
	Version int64
	Kind    Kind
	// Detail is a description for humans.
	Detail string
}

// String returns the finding as one line.
func (f Finding) String() string {
	if f.Stream == (es.StreamID{}) {
		return fmt.Sprintf("%s: %s", f.Kind, f.Detail)
	}
	return fmt.Sprintf("%s@%d: %s: %s", f.Stream, f.Version, f.Kind, f.Detail)
}

// Report is the result of a check.
type Report struct {
	// Streams, Commits and Events are the numbers of those that could be read.
	Streams, Commits, Events int64
	// Found is the number of findings. Findings holds them sorted by stream and version, at most Config.MaxFindings of
	// them.
	Found    int
	Findings []Finding
	// Heads are the ends of the streams, sorted by name, if Config.Heads is set.
	Heads []Anchor
}

// findings collects findings. It is safe for concurrent use.
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
