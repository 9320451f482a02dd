package personal_test

import (
	"fmt"
	"testing"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/personal/memkeys"
)

type unmarked struct {
	A string `json:"a"`
	B string `json:"b"`
	C string `json:"c"`
	D string `json:"d"`
}

type marked struct {
	A string `json:"a" personal:"owner"`
	B string `json:"b" personal:"owner"`
	C string `json:"c" personal:"owner"`
	D string `json:"d" personal:"owner"`
}

// BenchmarkFields stores and loads events of four texts of 20 bytes, without marks and with. The difference between
// the columns is that of four fields.
func BenchmarkFields(b *testing.B) {
	const text = "12 St James's Square"
	for by, event := range map[string]any{
		"by=plain": unmarked{text, text, text, text}, "by=marked": marked{text, text, text, text},
	} {
		a := es.Aggregate[int, any]{
			StreamType: "Some", Events: es.NewRegistry(es.Type[any]("Some", 1, event)), Evolve: func(s *int, _ any) { *s++ },
		}
		ada := es.Command{Meta: es.Meta{Actor: "ada"}}
		decide := func(int) ([]any, error) { return []any{event}, nil }
		open := func(b *testing.B) (*memstore.Store, *es.Repository[int, any]) {
			b.Helper()
			raw := memstore.New()
			store, err := personal.NewStore(raw, memkeys.New())
			if err != nil {
				b.Fatal(err)
			}
			return raw, es.Open(store, a)
		}
		b.Run("append/"+by, func(b *testing.B) {
			raw, r := open(b)
			i := 0
			for b.Loop() {
				i++
				first := func() ([]any, error) { return []any{event}, nil }
				if _, err := r.Create(b.Context(), fmt.Sprint(i), ada, first); err != nil {
					b.Fatal(err)
				}
			}
			for c := range raw.Read(b.Context(), a.Stream("1"), es.Range{To: 1}) {
				b.ReportMetric(float64(len(c.Events[0].Data)), "bytes")
			}
		})
		b.Run("load100/"+by, func(b *testing.B) {
			_, r := open(b)
			for range 100 {
				if _, err := r.CreateOrExecute(b.Context(), "1", ada, decide); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				if _, err := r.Load(b.Context(), "1"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
