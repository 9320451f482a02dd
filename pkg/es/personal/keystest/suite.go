// Package keystest tests that a store of keys keeps the contract of [personal.Keys]. Start with [Run], which takes
// three lines:
//
//	func TestKeys(t *testing.T) {
//		keystest.Run(t, func(t *testing.T) personal.Keys { return mykeys.New(t) })
//	}
package keystest

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/personal"
)

// Run runs the suite. Its tests run in parallel, each on an empty store of its own.
func Run(t *testing.T, open func(t *testing.T) personal.Keys) {
	for name, test := range map[string]func(*testing.T, fixture){
		"create/first key":            createFirst,
		"create/second key":           createSecond,
		"create/number out of turn":   createOutOfTurn,
		"create/invalid keys":         createInvalid,
		"create/one winner":           createOneWinner,
		"create/time as it is stored": createTime,
		"forget/a key":                forgetKey,
		"forget/no key":               forgetNoKey,
		"forget/twice":                forgetTwice,
		"forget/one tombstone":        forgetOneTombstone,
		"forget/beside first creates": forgetBesideFirst,
		"forget/beside renewals":      forgetBesideRenewals,
		"load/none":                   loadNone,
		"load/many, some missing":     loadMany,
		"load/a subject twice":        loadTwice,
		"streams/of each subject":     streamsApart,
		"streams/noted again":         notedAgain,
		"streams/survive forgetting":  streamsOfForgotten,
		"streams/invalid names":       invalidStreams,
		"streams/odd names":           oddStreams,
		"streams/over a page":         streamsOverAPage,
		"subjects/without secrets":    subjectsWithoutSecrets,
		"subjects/over a page":        subjectsOverAPage,
		"iterators/stop early":        stopEarly,
		"ids/odd":                     oddIDs,
		"ids/invalid":                 invalidIDs,
		"context/canceled":            canceled,
		"isolation/caller's slices":   callersSlices,
		"isolation/other subjects":    othersKeys,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, fixture{open(t)})
		})
	}
}

type fixture struct{ personal.Keys }

// subject is the subject that most tests use.
const subject = "ada"

var noon = time.Date(2026, 1, 31, 12, 0, 0, 123456000, time.UTC)

// secret returns a secret that consists of one byte.
func secret(of byte) []byte { return bytes.Repeat([]byte{of}, personal.KeyBytes) }

// key returns a key whose secret consists of one byte.
func key(subject string, number int, of byte) personal.Key {
	return personal.Key{Subject: subject, Number: number, Secret: secret(of), At: noon}
}

func tombstone(subject string, number int, at time.Time) personal.Key {
	return personal.Key{Subject: subject, Number: number, Forgotten: true, At: at}
}

// creates calls Create, and fails the test if it does not return want.
func (f fixture) creates(t *testing.T, key, want personal.Key) {
	t.Helper()
	got, err := f.Create(t.Context(), key)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Fatalf("create key %d of %.40s: %v (-want +got):\n%s", key.Number, key.Subject, err, diff)
	}
}

// forgets calls Forget, and fails the test if it does not return want.
func (f fixture) forgets(t *testing.T, subject string, at time.Time, want personal.Key) {
	t.Helper()
	got, err := f.Forget(t.Context(), subject, at)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Fatalf("forget %.40s: %v (-want +got):\n%s", subject, err, diff)
	}
}

// stored fails the test unless subjects have exactly these keys and tombstones.
func (f fixture) stored(t *testing.T, subjects []string, want ...personal.Key) {
	t.Helper()
	all := map[string]personal.Key{}
	for _, key := range want {
		all[key.Subject] = key
	}
	got, err := f.Load(t.Context(), subjects...)
	if err != nil {
		t.Fatalf("load %d subjects: %v", len(subjects), err)
	}
	if len(got) == 0 && len(all) == 0 {
		return
	}
	if diff := cmp.Diff(all, got); diff != "" {
		t.Fatalf("load %d subjects (-want +got):\n%s", len(subjects), diff)
	}
}

func (f fixture) notes(t *testing.T, subject string, streams ...es.StreamID) {
	t.Helper()
	for _, stream := range streams {
		if err := f.Note(t.Context(), subject, stream); err != nil {
			t.Fatalf("note %.40s for %.40s: %v", stream, subject, err)
		}
	}
}

// noted fails the test unless exactly these streams are noted for a subject, each once.
func (f fixture) noted(t *testing.T, subject string, want ...es.StreamID) {
	t.Helper()
	left := map[es.StreamID]bool{}
	for _, stream := range want {
		left[stream] = true
	}
	for stream, err := range f.Streams(t.Context(), subject) {
		if err != nil {
			t.Fatalf("streams of %.40s: %v", subject, err)
		}
		if !left[stream] {
			t.Errorf("%.40s is noted for %.40s, and should not be, or was yielded twice", stream, subject)
		}
		delete(left, stream)
	}
	for stream := range left {
		t.Errorf("%.40s is not noted for %.40s", stream, subject)
	}
}

// failures calls each method with a subject and returns its error.
func (f fixture) failures(ctx context.Context, subject string) map[string]error {
	errs := map[string]error{}
	errs["Note"] = f.Note(ctx, subject, account("1"))
	_, errs["Load"] = f.Load(ctx, subject)
	_, errs["Load of two"] = f.Load(ctx, "bob", subject)
	_, errs["Create"] = f.Create(ctx, key(subject, 1, 1))
	_, errs["Forget"] = f.Forget(ctx, subject, noon)
	for stream, err := range f.Streams(ctx, subject) {
		errs["Streams"] = err
		if stream != (es.StreamID{}) {
			errs["Streams"] = nil
		}
	}
	return errs
}

func account(id string) es.StreamID { return es.StreamID{Type: "Account", ID: id} }

// long returns a text of this many bytes with a beginning of its own.
func long(bytes int, begin string) string { return begin + strings.Repeat("x", bytes-len(begin)) }
