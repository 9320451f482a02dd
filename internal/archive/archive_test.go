package archive_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es/storekit"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/internal/archive"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
)

// commits are all commits of a store after some appends: to one stream, to two at once, and with all optional fields.
func commits(t *testing.T) (all []es.Commit) {
	t.Helper()
	store := memstore.New(memstore.Config{})
	a, b := es.StreamID{Type: "Order", ID: "a#<&>\u2028é"}, es.StreamID{Type: "Order", ID: "b"}
	event := es.RawEvent{Type: "Happened", Schema: 2, Data: json.RawMessage("{ \"n\" : 1.00, \"s\": \"<\u2028>\" }")}
	for i := range 3 {
		ha, err := store.Head(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		hb, err := store.Head(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		writes := []es.Write{{Head: ha, Events: []es.RawEvent{event, event}}, {Head: hb, Events: []es.RawEvent{event}}}
		_, err = store.Append(t.Context(), es.Append{
			Writes: writes[:1+i%2],
			Meta: es.Meta{
				CorrelationID: "c",
				CausationID:   "d",
				Actor:         "ann",
				OccurredAt:    time.Now().Add(-time.Hour),
				Extra:         map[string]string{"k": "v"},
			},
			Command: es.CommandRef{ID: fmt.Sprint(i), Fingerprint: "f"},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, stream := range []es.StreamID{a, b} {
		for c, err := range store.Read(t.Context(), stream, es.Range{}) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, c)
		}
	}
	return all
}

func write(t *testing.T, all []es.Commit) string {
	t.Helper()
	var b bytes.Buffer
	w := archive.NewWriter(&b)
	for i := range all {
		if err := w.Add(&all[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func read(text string) (all []es.Commit, err error) {
	for c, err := range archive.Read(strings.NewReader(text)) {
		if err != nil {
			return all, err
		}
		all = append(all, c)
	}
	return all, nil
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, want := range [][]es.Commit{commits(t), nil} {
		got, err := read(write(t, want))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("archive (-written +read):\n%s", diff)
		}
	}
}

// TestLargerCommitsOfBefore: a commit larger than today's limit can be archived like any other.
func TestLargerCommitsOfBefore(t *testing.T) {
	t.Parallel()
	c := es.Commit{Stream: es.StreamID{Type: "Order", ID: "o"}, Version: 1, ID: "old", Events: []es.RawEvent{
		{
			Type:   "Happened",
			Schema: 2,
			Data:   json.RawMessage(`"` + strings.Repeat(`\\`, 2*storekit.MaxUncompressedBytes) + `"`),
		},
	}}
	c.At = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	c.Hash = c.ComputeHash()
	for got, err := range archive.Read(strings.NewReader(write(t, []es.Commit{c}))) {
		if err != nil || !cmp.Equal(got.Events, c.Events) || !bytes.Equal(got.Hash, c.Hash) {
			t.Errorf("read %s@%d from the archive: %v, want the commit that was written", got.Stream, got.Version, err)
		}
	}
}

// TestChanges: anything that is changed, cut off, omitted, moved or added is detected, at the latest at the end.
func TestChanges(t *testing.T) {
	t.Parallel()
	whole := write(t, commits(t))
	lines := strings.SplitAfter(strings.TrimSuffix(whole, "\n"), "\n")
	lines[len(lines)-1] += "\n"
	join := func(l ...string) string { return strings.Join(l, "") }
	without := func(i int) string { return join(slices.Delete(slices.Clone(lines), i, i+1)...) }
	swapped := slices.Clone(lines)
	swapped[1], swapped[2] = swapped[2], swapped[1]
	last := len(lines) - 1
	for name, tt := range map[string]struct{ text, want string }{
		"nothing":         {"", "the archive has no end"},
		"another file":    {"{}\n", "not an archive"},
		"no head":         {without(0), "not an archive"},
		"cut off":         {join(lines[:last]...), "the archive has no end"},
		"cut in a line":   {whole[:len(whole)-2], "the archive has no end"},
		"first left out":  {without(1), "does not follow"},
		"last left out":   {without(last - 1), "the last line says 4 commits"},
		"swapped":         {join(swapped...), "does not follow"},
		"twice":           {join(slices.Insert(slices.Clone(lines), 2, lines[1])...), "does not follow"},
		"another actor":   {strings.Replace(whole, `"ann"`, `"bob"`, 1), "its hash does not match its contents"},
		"another payload": {strings.Replace(whole, " : 1.00,", " : 1.0,", 1), "its hash does not match its contents"},
		"another hash":    {strings.Replace(whole, `"hash":"`, `"hash":"00`, 1), "its hash does not match its contents"},
		"no hash":         {strings.Replace(whole, `"hash":"`, `"hash":"x`, 1), "invalid byte"},
		"no stream":       {strings.Replace(whole, `"stream":"Order#`, `"stream":"Order`, 1), "line 2"},
		"no time":         {strings.Replace(whole, `"at":"2`, `"at":"x`, 1), "parsing time"},
		"unknown field":   {strings.Replace(whole, `"version":1`, `"more":1,"version":1`, 1), "unknown field"},
		"no JSON":         {join(lines[0], "{\n"), "line 2"},
		"two on a line": {
			join(lines[0], strings.TrimSuffix(lines[1], "\n"), lines[2]), "unexpected text after the JSON value",
		},
		"layout":               {strings.Replace(whole, `"id":`, `"id": `, 1), "digest"},
		"after the end":        {whole + lines[1], "text after the last line"},
		"another end":          {strings.Replace(whole, `{"commits":4`, `{"commits":5`, 1), "the last line says 5 commits"},
		"end without a digest": {strings.Replace(whole, `"digest":"`, `"digest":"0`, 1), "digest"},
		"end of nonsense":      {join(lines[0], `{"commits":x}`+"\n"), "invalid character"},
	} {
		if _, err := read(tt.text); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("read an archive with %s: %v, want an error with %q", name, err, tt.want)
		}
	}
	if _, err := read(""); !errors.Is(err, archive.ErrCut) {
		t.Errorf("read an empty archive: %v, want ErrCut", err)
	}
	if _, err := read(without(1)); !errors.As(err, new(*archive.LineError)) {
		t.Errorf("read an archive without its second line: %v, want LineError", err)
	}
}
