package verify_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/verify"
)

// mutation changes the i-th commit of a list. It returns nil if it cannot.
type mutation struct {
	do func(r *rapid.T, l list, i int) list
	// alone is true if it is found without a witness.
	alone bool
	// others is true if it is found only from other streams.
	others bool
}

// changes are mutations of one attribute.
var changes = map[string]func(r *rapid.T, c *es.Commit){
	"payload": func(r *rapid.T, c *es.Commit) {
		e := &c.Events[rapid.IntRange(0, len(c.Events)-1).Draw(r, "event")]
		e.Data[rapid.IntRange(0, len(e.Data)-1).Draw(r, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(r, "bit")
	},
	"payload's end":  func(_ *rapid.T, c *es.Commit) { c.Events[0].Data = append(c.Events[0].Data, ' ') },
	"type":           func(_ *rapid.T, c *es.Commit) { c.Events[0].Type += "x" },
	"schema":         func(_ *rapid.T, c *es.Commit) { c.Events[0].Schema++ },
	"one more event": func(_ *rapid.T, c *es.Commit) { c.Events = append(c.Events, c.Events[0]) },
	"id":             func(_ *rapid.T, c *es.Commit) { c.ID += "x" },
	"at, earlier":    func(_ *rapid.T, c *es.Commit) { c.At = c.At.Add(-24 * time.Hour) },
	"at, later":      func(_ *rapid.T, c *es.Commit) { c.At = c.At.Add(24 * time.Hour) },
	"correlation":    func(_ *rapid.T, c *es.Commit) { c.Meta.CorrelationID = "" },
	"causation":      func(_ *rapid.T, c *es.Commit) { c.Meta.CausationID = "x" },
	"actor":          func(_ *rapid.T, c *es.Commit) { c.Meta.Actor = "bob" },
	"occurredAt":     func(_ *rapid.T, c *es.Commit) { c.Meta.OccurredAt = time.Time{} },
	"extra": func(_ *rapid.T, c *es.Commit) {
		c.Meta.Extra = maps.Clone(c.Meta.Extra)
		c.Meta.Extra["tenant"] = "t2"
	},
	"command":     func(_ *rapid.T, c *es.Commit) { c.Command.ID += "x" },
	"fingerprint": func(_ *rapid.T, c *es.Commit) { c.Command.Fingerprint += "x" },
	"prev":        func(_ *rapid.T, c *es.Commit) { c.Prev = append(c.Prev, 1) },
	"siblings": func(_ *rapid.T, c *es.Commit) {
		c.Siblings = append(c.Siblings, es.StreamVersion{Stream: account(99), Version: 1})
	},
}

func rehash(c *es.Commit) { c.Hash = c.ComputeHash() }

// next returns the commit of the same stream after the i-th, or nil.
func (l list) next(i int) *es.Commit {
	if i+1 < len(l) && l[i+1].Stream == l[i].Stream {
		return &l[i+1]
	}
	return nil
}

func mutations() map[string]mutation {
	out := map[string]mutation{
		"hash": {alone: true, do: func(_ *rapid.T, l list, i int) list { l[i].Hash[3] ^= 1; return l }},
		"removed": {do: func(_ *rapid.T, l list, i int) list {
			return slices.Delete(l, i, i+1)
		}},
		"removed, not the last": {alone: true, do: func(_ *rapid.T, l list, i int) list {
			if l.next(i) == nil {
				return nil
			}
			return slices.Delete(l, i, i+1)
		}},
		"removed, one of several": {alone: true, others: true, do: func(_ *rapid.T, l list, i int) list {
			if len(l[i].Siblings) == 0 {
				return nil
			}
			return slices.Delete(l, i, i+1)
		}},
		"cut off": {do: func(_ *rapid.T, l list, i int) list {
			for stream := l[i].Stream; i < len(l) && l[i].Stream == stream; {
				l = slices.Delete(l, i, i+1)
			}
			return l
		}},
		"unreadable": {alone: true, do: func(_ *rapid.T, l list, i int) list { l[i].Events = nil; return l }},
		"swapped":    {alone: true, do: func(_ *rapid.T, l list, i int) list { return l.swap(i, func(*es.Commit) {}) }},
		// The last two commits with new hashes are a rewritten tail: see "swapped with new hashes".
		"swapped with new hashes": {do: func(_ *rapid.T, l list, i int) list { return l.swap(i, rehash) }},
		"inserted": {alone: true, do: func(_ *rapid.T, l list, i int) list {
			if len(l[i].Events) == 1 {
				return nil
			}
			c := clone(l[i])
			c.Version++
			c.Siblings, c.Prev, c.ID, c.At = nil, l[i].Hash, "forged", c.At.Add(time.Nanosecond)
			rehash(&c)
			return slices.Insert(l, i+1, c)
		}},
		"added with a wrong hash": {alone: true, do: func(_ *rapid.T, l list, i int) list {
			if l.next(i) != nil {
				return nil
			}
			c := clone(l[i])
			c.Version, c.Prev, c.At = c.LastVersion()+1, c.Hash, c.At.Add(time.Second)
			return slices.Insert(l, i+1, c)
		}},
		"rewritten from there on": {do: func(_ *rapid.T, l list, i int) list {
			l[i].Events[0].Data = []byte(`{}`)
			rehash(&l[i])
			for ; l.next(i) != nil; i++ {
				l[i+1].Prev = l[i].Hash
				rehash(&l[i+1])
			}
			return l
		}},
	}
	for name, change := range changes {
		out["changed: "+name] = mutation{alone: true, do: func(r *rapid.T, l list, i int) list { change(r, &l[i]); return l }}
		out["replaced: "+name] = mutation{do: func(r *rapid.T, l list, i int) list {
			change(r, &l[i])
			rehash(&l[i])
			return l
		}}
	}
	return out
}

// swap swaps two commits of the same length.
func (l list) swap(i int, seal func(*es.Commit)) list {
	next := l.next(i)
	if next == nil || len(l[i].Events) != len(next.Events) {
		return nil
	}
	l[i].Version, next.Version = next.Version, l[i].Version
	l[i].Prev, next.Prev = next.Prev, l[i].Prev
	seal(&l[i])
	seal(next)
	return l.sorted()
}

// TestAnySingleMutation: each change of a single commit is found in its stream, at the commit or the one after it. All
// other findings are in the streams of its siblings.
func TestAnySingleMutation(t *testing.T) {
	t.Parallel()
	for name, m := range mutations() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tried := 0
			rapid.Check(t, func(r *rapid.T) {
				l := history(r)
				anchors := l.anchors(r)
				i := rapid.IntRange(0, len(l)-1).Draw(r, "commit")
				target, after := l[i], l[i].LastVersion()+1
				if next := l.next(i); next != nil {
					after = next.LastVersion() + 1
				}
				for j := range l {
					l[j] = clone(l[j])
				}
				if l = m.do(r, l, i); l == nil {
					return
				}
				tried++
				if m.alone {
					anchors = nil
				}
				got, err := verify.StoreWithin(context.Background(), l, verify.Config{
					Segments: rapid.IntRange(1, 5).Draw(r, "segments"), Witnesses: anchors,
				}, rapid.SampledFrom([]int{0, 4, 1000}).Draw(r, "open"))
				if err != nil {
					r.Fatal(err)
				}
				located := slices.ContainsFunc(got.Findings, func(f verify.Finding) bool {
					last := after
					if f.Kind == verify.Mismatch { // found at the stream's end
						last = 1 << 60
					}
					return f.Stream == target.Stream && f.Version >= target.Version && f.Version <= last
				})
				if !located || got.Found != len(got.Findings) {
					r.Fatalf("%s of %s@%d was not found at its place: %v", name, target.Stream, target.Version, got.Findings)
				}
				for _, f := range got.Findings {
					if f.Stream != target.Stream && f.Kind != verify.Sibling {
						r.Fatalf("%s of %s@%d: found elsewhere: %v", name, target.Stream, target.Version, f)
					}
				}
				if f := got.Findings[0]; f.Detail == "" || f.String() == "" {
					r.Fatalf("%+v has no detail", f)
				}
				if m.others {
					return
				}
				alone, err := verify.StreamAtOnce(context.Background(), l, target.Stream, anchors...)
				if err != nil || alone.Found == 0 {
					r.Fatalf("%s of %s@%d was not found in the stream alone: %v, %+v", name, target.Stream, target.Version, err, alone)
				}
			})
			if tried == 0 {
				t.Error("the mutation was never applied")
			}
		})
	}
}
