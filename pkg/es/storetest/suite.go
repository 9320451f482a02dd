// Package storetest tests that an event store keeps the contract of [es.Store]. Start with [Run], which takes three
// lines:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T, now func() time.Time) es.Store { return mystore.New(now) })
//	}
//
// [RunDeadline] and [RunSnapshots] are called in the same way.
package storetest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// Open returns an empty store that uses now as its clock.
type Open func(t *testing.T, now func() time.Time) es.Store

// Run runs the suite. Its tests run in parallel, each on its own store.
func Run(t *testing.T, open Open) {
	for name, test := range map[string]func(*testing.T, *fixture){
		"append/unstorable values":      unstorable,
		"append/any sequence of calls":  anyCalls,
		"append/round trip":             roundTrip,
		"append/heads chain":            headsChain,
		"append/stale head":             staleHead,
		"append/no gap":                 noGap,
		"append/no overlap":             noOverlap,
		"append/no events":              appendNothing,
		"append/one winner":             oneWinner,
		"append/100 events":             hundredEvents,
		"append/largest commit":         largestCommit,
		"append/largest uncompressed":   largestUncompressed,
		"append/payloads of any kind":   anyPayload,
		"append/repeated id":            repeatedID,
		"append/canceled context":       canceledContext,
		"append/time never goes back":   timeGrows,
		"append/occurred in the future": occurredInFuture,
		"transaction/all or none":       allOrNone,
		"transaction/checks":            checks,
		"transaction/one winner":        oneWinnerOfMany,
		"transaction/a stream twice":    streamTwice,
		"transaction/100 streams":       hundredStreams,
		"read/ranges":                   ranges,
		"read/over a page of DynamoDB":  overAPage,
		"read/stop early":               stopEarly,
		"read/canceled context":         readCanceled,
		"read/visit's error":            visitError,
		"read/load after a head":        loadAfterHead,
		"read/resume":                   resume,
		"scan/every commit once":        scanOnce,
		"scan/over a page of DynamoDB":  scanLarge,
		"scan/resume from any position": scanResume,
		"scan/invalid position":         scanBadPosition,
		"scan/canceled context":         scanCanceled,
		"scan/stop early":               scanStop,
		"scan/concurrent appends":       scanAppends,
		"scan/all, interrupted":         scanAllInterrupted,
		"scan/all, at a rate":           scanAllAtRate,
		"scan/inspect a stream":         inspect,
		"stream names/odd ids":          oddIDs,
		"stream names/too long":         nameTooLong,
		"stream names/invalid":          badNames,
		"isolation/caller's slices":     callersData,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := &clock{at: time.Date(2026, 1, 31, 12, 0, 0, 123456789, time.UTC)}
			test(t, &fixture{Store: open(t, clock.now), clock: clock})
		})
	}
}

type fixture struct {
	es.Store
	clock *clock
}

// stream is the stream that most tests use.
var stream = es.StreamID{Type: "Account", ID: "acc-1"}

// event returns the i-th test event.
func event(i int) es.RawEvent {
	return es.RawEvent{Type: "Counted", Schema: 1, Data: json.RawMessage(fmt.Sprintf(`{"n":%d}`, i))}
}

func events(n int) []es.RawEvent {
	out := make([]es.RawEvent, n)
	for i := range out {
		out[i] = event(i)
	}
	return out
}

// sized returns an event with a payload of this many bytes that hardly compresses.
func sized(bytes int) es.RawEvent {
	noise := make([]byte, bytes)
	rng := rand.NewChaCha8([32]byte{1})
	_, _ = rng.Read(noise) // never fails
	text := base64.RawStdEncoding.EncodeToString(noise)[:bytes-2]
	return es.RawEvent{Type: "Sized", Schema: 1, Data: json.RawMessage(`"` + text + `"`)}
}

// flat returns an event with a payload of this many bytes that compresses to almost nothing.
func flat(bytes int) es.RawEvent {
	return es.RawEvent{Type: "Flat", Schema: 1, Data: json.RawMessage(`"` + strings.Repeat("x", bytes-2) + `"`)}
}

// must appends events to a head and returns the commit. It fails the test on an error.
func (f *fixture) must(t *testing.T, head es.Head, events ...es.RawEvent) es.Commit {
	t.Helper()
	commits, err := f.Append(t.Context(), es.Append{Writes: []es.Write{{Head: head, Events: events}}})
	if err != nil {
		t.Fatalf("append %d events to %s@%d: %v", len(events), head.Stream(), head.Version(), err)
	}
	return commits[0].Commit
}

func (f *fixture) head(t *testing.T, s es.StreamID) es.Head {
	t.Helper()
	h, err := f.Head(t.Context(), s)
	if err != nil {
		t.Fatalf("head of %s: %v", s, err)
	}
	return h
}

// commits reads a range. It fails the test on an error.
func (f *fixture) commits(t *testing.T, s es.StreamID, r es.Range) []es.Commit {
	t.Helper()
	var out []es.Commit
	for c, err := range f.Read(t.Context(), s, r) {
		if err != nil {
			t.Fatalf("read %s: %v", s, err)
		}
		out = append(out, c)
	}
	return out
}

// whole reads a stream. It fails the test if the stream has a gap, an overlap or a broken hash chain, or does not end
// at the version last.
func (f *fixture) whole(t *testing.T, s es.StreamID, last int64) []es.Commit {
	t.Helper()
	commits := f.commits(t, s, es.Range{})
	var version int64
	var prev []byte
	for _, c := range commits {
		if c.Version != version+1 {
			t.Fatalf("%s: commit at version %d after version %d", s, c.Version, version)
		}
		if string(c.Prev) != string(prev) || string(c.Hash) != string(c.ComputeHash()) {
			t.Fatalf("%s@%d: broken hash chain", s, c.Version)
		}
		version, prev = c.LastVersion(), c.Hash
	}
	if version != last {
		t.Fatalf("%s ends at version %d, want %d", s, version, last)
	}
	return commits
}
