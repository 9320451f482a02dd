package sqlview_test

import (
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/sqlview"
)

var monday = time.Date(2026, 1, 5, 23, 30, 0, 123456000, time.FixedZone("", 2*3600))

// TestPeopleQuery: people see typed columns of documents, rows and counters, and nothing that does not count.
func TestPeopleQuery(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.sell(t, "1", sold{"Berlin", "12.345", []line{{"tea", 2}, {"rice", 3}}, monday}, moved{"Köln"})
	s.sell(t, "2", sold{City: "O'Hara", Lines: []line{{"tea", 5}}})
	s.sell(t, "1", returned{"rice"})
	s.want(t, "SELECT * FROM sales ORDER BY stream",
		`(Sale#1,3,Köln,12.35,"2026-01-05 21:30:00.123456+00",2026-01-05,1)`, `(Sale#2,1,O'Hara,,,,1)`)
	s.want(t, "SELECT * FROM sale_lines ORDER BY stream", "(Sale#1,tea,2)", "(Sale#2,tea,5)")
	s.want(t, "SELECT * FROM moves ORDER BY stream, version", "(Sale#1,1,Berlin)", "(Sale#1,2,Köln)", "(Sale#2,1,O'Hara)")
	s.want(t, "SELECT * FROM products ORDER BY product", "(rice,3)", "(tea,7)")
	s.want(t, "SELECT sum(amount) FROM sales JOIN sale_lines USING (stream) WHERE day = '2026-01-05'", "(12.35)")

	// Rows of an attempt that was not saved, and of a process that was halted before the stream was folded again.
	late := func(version int64, epoch int, city string) projection.AppendRow {
		return projection.AppendRow{
			Key: projection.AppendKey("1", saleID("1"), version, 0), Epoch: epoch, Row: []byte(`{"city":"` + city + `"}`), List: "history",
		}
	}
	if err := s.view.Append(t.Context(), 1, late(4, 0, "ahead")); err != nil {
		t.Fatal(err)
	}
	s.want(t, "SELECT city FROM moves WHERE stream = 'Sale#1' ORDER BY version", "(Berlin)", "(Köln)")
	if _, err := s.engine.Refold(t.Context(), []es.StreamID{saleID("1")}); err != nil {
		t.Fatal(err)
	}
	if err := s.view.Append(t.Context(), 1, late(3, 0, "late")); err != nil {
		t.Fatal(err)
	}
	s.want(t, "SELECT city FROM moves WHERE stream = 'Sale#1' ORDER BY version", "(Berlin)", "(Köln)")
	s.want(t, "SELECT * FROM products ORDER BY product", "(rice,3)", "(tea,7)")
}

// TestContentThatIsRefused: a value that does not fit its column parks its stream alone, and the reason cites no value.
func TestContentThatIsRefused(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	commits := []es.Commit{
		s.record(t, "good", sold{City: "Rom", Amount: "1"}), s.record(t, "text", sold{City: "Rom", Amount: "secret"}),
		s.record(t, "large", sold{City: "Rom", Amount: "12345678901"}), s.record(t, "nul", sold{City: "a\x00b"}),
		s.record(t, "poison", sold{City: "poison"}),
	}
	if failed := s.engine.Apply(t.Context(), commits); len(failed) > 0 {
		t.Fatal(failed)
	}
	s.want(t, "SELECT stream FROM sales", "(Sale#good)")
	parked := map[string]string{}
	for p, err := range s.view.Parked(t.Context(), 1) {
		if err != nil {
			t.Fatal(err)
		}
		parked[p.Stream.ID] = p.Error
	}
	if len(parked) != 4 || !strings.Contains(parked["text"], "column amount (numeric(12,2)): want a number at amount") ||
		strings.Contains(parked["text"], "secret") || !strings.Contains(parked["large"], "SQLSTATE 22003") {
		t.Errorf("parked: %q", parked)
	}
	s.sell(t, "good", moved{"Oslo"})
	s.want(t, "SELECT city FROM sales", "(Oslo)")
}

// TestGenerationsOfPeople: people see the generation that serves, with its columns, through a rebuild, a rollback and a
// drop. Their own views stay, or keep the server from dropping what they show.
func TestGenerationsOfPeople(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.sell(t, "1", sold{"Rom", "5", []line{{"tea", 1}}, monday}, returned{"tea"})
	s.want(t, "SELECT table_name FROM information_schema.views WHERE table_schema = 'public' ORDER BY 1",
		"(moves)", "(products)", "(sale_lines)", "(sales)")

	s.deploy(2)
	r := projection.NewRebuilder(s.engine, s.store, projection.RebuildConfig{Segments: 2})
	s.sell(t, "2", sold{City: "Bonn"})
	s.want(t, "SELECT * FROM sales ORDER BY stream", `(Sale#1,2,Rom,5.00,"2026-01-05 21:30:00.123456+00",2026-01-05,0)`,
		"(Sale#2,1,Bonn,,,,0)")
	if _, _, err := r.Run(t.Context(), "sales", nil); err != nil {
		t.Fatal(err)
	}
	s.want(t, "SELECT stream, closed, city FROM sales ORDER BY stream", "(Sale#1,t,Rom)", "(Sale#2,f,Bonn)")
	s.want(t, "SELECT table_name FROM information_schema.views WHERE table_schema = 'public' ORDER BY 1",
		"(products)", "(sale_lines)", "(sales)")

	if g, err := r.Rollback(t.Context(), "sales"); err != nil || g != 1 {
		t.Fatal(g, err)
	}
	s.want(t, "SELECT city FROM moves ORDER BY stream", "(Rom)", "(Bonn)")
	s.sell(t, "2", moved{"Ulm"})
	s.want(t, "SELECT city FROM sales ORDER BY stream", "(Rom)", "(Ulm)")
	if _, err := s.pool.Exec(t.Context(), "CREATE VIEW mine AS SELECT city FROM sales"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Run(t.Context(), "sales", nil); err == nil || !strings.Contains(err.Error(), "other views depend on them") {
		t.Errorf("swap to other columns, which somebody's view needs: %v", err)
	}
	s.want(t, "SELECT city FROM mine ORDER BY 1", "(Rom)", "(Ulm)")
	if _, err := s.pool.Exec(t.Context(), "DROP VIEW mine"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Run(t.Context(), "sales", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := s.pool.Exec(t.Context(), "CREATE VIEW old AS SELECT stream FROM annals.sales_g1"); err != nil {
		t.Fatal(err)
	}
	drop := func() error {
		for range 3 {
			s.now = s.now.Add(2 * time.Hour)
			for g := projection.Generation(1); g < 4; g++ {
				if _, err := r.Drop(t.Context(), "sales", g); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if err := drop(); err == nil || !strings.Contains(err.Error(), "views show its tables annals.sales_g1") {
		t.Errorf("drop what somebody's view shows: %v", err)
	}
	if _, err := s.pool.Exec(t.Context(), "DROP VIEW old"); err != nil {
		t.Fatal(err)
	}
	if err := drop(); err != nil {
		t.Fatal(err)
	}
	s.want(t, "SELECT count(*) > 0, min(tablename) ~ 'sales_g3|generations' FROM pg_tables WHERE schemaname = 'annals' AND "+
		"tablename !~ 'g3'", "(t,t)")
	s.want(t, "SELECT stream, city FROM sales ORDER BY stream", "(Sale#1,Rom)", "(Sale#2,Ulm)")
}

// TestDeclarationsThatChange: other tables under the same fold version are refused, and change nothing.
func TestDeclarationsThatChange(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.sell(t, "1", sold{City: "Rom"})
	other := sqlview.New(s.pool, sales(1), sqlview.Config{}, salesTables(2)...)
	_, err := other.Checkpoints(t.Context(), 1, saleID("1"))
	if err == nil || !strings.Contains(err.Error(), "raise the fold version, now 1") {
		t.Errorf("other tables under the same fold version: %v", err)
	}
	s.want(t, "SELECT city FROM sales", "(Rom)")
}
