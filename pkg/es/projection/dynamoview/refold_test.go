package dynamoview_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
	"github.com/annals-es/annals/pkg/es/projection/memview"
)

// erasing is a ledger in which the texts of some streams are erased. An erased text has one line less, and one entry
// less.
func erasing(erased ...string) *projection.Of[ledger] {
	return projection.New("ledger", 1, projection.From(aNote,
		projection.On(func(l *ledger, e projection.Event[noted], w *projection.Writes) error {
			text, erased := e.Data.Text, slices.Contains(erased, e.Stream.ID)
			if erased {
				text = "x erased"
			}
			l.Texts = append(l.Texts, text)
			w.Add(projection.Key{Partition: "letters", Sort: "all"}, "count", projection.Int(1))
			line := projection.Key{Partition: "lines", Sort: fmt.Sprintf("%04d", e.Version)}
			lines.Put(w, line, text)
			entries.Append(w, "all", text)
			if !erased {
				entries.Append(w, "all", "more of "+text)
				line.Partition = "more"
				lines.Put(w, line, text)
			}
			return nil
		}),
	), byLast, oddOnes, entries, lines)
}

// TestRefold: on DynamoDB, with more own rows than a transaction holds, a refold leaves nothing of the old result in
// the table. Readers see what a plain fold makes, and verification finds no difference.
func TestRefold(t *testing.T) {
	t.Parallel()
	client := dynamotest.Client(t)
	table := dynamotest.Table(t, client, dynamoview.IndexedReadTable)
	b := &bench{store: memstore.New(memstore.Config{}), view: dynamoview.New(client, table)}
	b.catalog = dynamoview.NewCatalog(client, dynamotest.Table(t, client, dynamoview.ReadTable))
	cfg := projection.Config{Log: slog.New(slog.DiscardHandler)}
	engine := func(erased ...string) *projection.Engine {
		return projection.NewEngine(b.store, b.catalog, cfg, projection.Subscription{
			Projection: erasing(erased...), View: b.view,
		})
	}
	var all []es.Commit
	for i := range 60 {
		all = append(all, b.write(t, "a", noted{fmt.Sprint("x secret ", i)}),
			b.write(t, "b|Note#a", noted{fmt.Sprint("x secret ", i)}))
	}
	if failed := engine().Apply(t.Context(), all); len(failed) > 0 {
		t.Fatal(failed)
	}
	ids := []string{"a", "b|Note#a"}
	for n, id := range ids { // by their names, rows of one may belong to the other
		out, err := engine(ids[:n+1]...).Refold(t.Context(), []es.StreamID{note(id)}, "ledger")
		if err != nil || out != (projection.Refolded{Documents: 1, Rows: 60*3 + 60}) {
			t.Errorf("refold: %+v, %v, want 1 document and 240 rows", out, err)
		}
		if got, want := secrets(t, client, table), (len(ids)-1-n)*(60*4+1); got != want {
			t.Errorf("after %s: %d items hold secrets, want %d", id, got, want)
		}
	}
	catalog, view := memview.NewCatalog(), memview.New(memview.Config{})
	folded := projection.NewEngine(b.store, catalog, cfg, projection.Subscription{Projection: erasing(ids...), View: view})
	for _, id := range ids {
		if err := folded.CatchUp(t.Context(), note(id)); err != nil {
			t.Fatal(err)
		}
	}
	got, want := shownBy(t, b.store, b.catalog, b.view, ids...), shownBy(t, b.store, catalog, view, ids...)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("shown (-plain +got):\n%s", diff)
	}
	r := projection.NewRebuilder(engine(ids...), b.store, projection.RebuildConfig{Segments: 2})
	if report, err := r.Verify(t.Context(), "ledger", 1); err != nil || report.Compared != 2 {
		t.Errorf("verify: %+v, %v, want 2 streams compared", report, err)
	}
}

// secrets is how many items of a table contain a secret.
func secrets(t *testing.T, client dynamoview.Client, table string) (n int) {
	t.Helper()
	pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{TableName: &table, ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range page.Items {
			for _, value := range i {
				if s, ok := value.(*types.AttributeValueMemberS); ok && strings.Contains(s.Value, "secret") {
					n++
					break
				}
			}
		}
	}
	return n
}

// TestInlineRefolded: if a command's stream is refolded between the read and the write of its rows, the commit is
// stored, and its rows are left to the projector. The next command writes its rows again.
func TestInlineRefolded(t *testing.T) {
	t.Parallel()
	b := newInline(t)
	write(t, b.store, "a", noted{"x"}, noted{"y"})
	b.hooks.before = func() error {
		_, err := b.engine.Refold(context.Background(), []es.StreamID{note("a")}, "log")
		return err
	}
	c := write(t, b.store, "a", noted{"z"})
	b.level(t, "a", 2)
	if n := b.store.Unaccompanied(); n != 1 {
		t.Errorf("%d appends were left alone, want 1", n)
	}
	b.apply(t, c)
	b.level(t, "a", 3)
	b.delivered(t, write(t, b.store, "a", noted{"z"}))
	b.level(t, "a", 4)
	if out, err := b.engine.Refold(t.Context(), []es.StreamID{note("a"), note("never")}); err != nil ||
		out.Documents != 1 {
		t.Errorf("refold a and a stream without events: %+v, %v, want 1 document", out, err)
	}
	b.delivered(t, write(t, b.store, "a", noted{"x"}))
	want := rows{
		Notebooks: map[string]notebook{"a": {[]string{"x", "y", "z", "z", "x"}}}, Versions: map[string]int64{"a": 5},
		All: []string{"x", "y", "z", "z", "x"}, Letters: map[string]string{"x": "2", "y": "1", "z": "2"},
	}
	if diff := cmp.Diff(want, b.rows(t, "a")); diff != "" || b.store.Unaccompanied() != 1 {
		t.Errorf("%d left, rows (-want +got):\n%s", b.store.Unaccompanied(), diff)
	}
}
