package shop_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/email"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
)

// FuzzDecode: any text stored as an event of the service, of any type and schema that it ever wrote, is decoded, or is
// an error that names the event. A decoded event is stored again as the same event.
func FuzzDecode(f *testing.F) {
	kinds := []decoder{
		newDecoder("account", account.Aggregate), newDecoder("order", order.Aggregate),
		newDecoder("product", product.Aggregate), newDecoder("email", email.Aggregate),
	}
	var decoders []func([]byte) error
	for _, kind := range kinds {
		for _, stored := range kind.types {
			golden, err := filepath.Glob(filepath.Join(kind.folder, "testdata", "golden", stored.Name+".v*.json"))
			if err != nil || len(golden) == 0 {
				f.Fatalf("no golden file of %s: %v", stored.Name, err)
			}
			for _, file := range golden {
				data, err := os.ReadFile(file)
				if err != nil {
					f.Fatal(err)
				}
				f.Add(len(decoders), data)
			}
			f.Add(len(decoders), []byte(`null`))
			decoders = append(decoders, func(data []byte) error { return kind.decode(stored, data) })
		}
	}
	f.Fuzz(func(t *testing.T, which int, data []byte) {
		if err := decoders[((which%len(decoders))+len(decoders))%len(decoders)](data); err != nil {
			t.Errorf("decode %q: %v", data, err)
		}
	})
}

// decoder decodes the stored events of one kind of aggregate.
type decoder struct {
	folder string
	types  []es.StoredType
	decode func(stored es.StoredType, data []byte) error
}

func newDecoder[S, E any](folder string, aggregate es.Aggregate[S, E]) decoder {
	at := es.StreamVersion{Stream: aggregate.Stream("a"), Version: 7}
	decode := func(raw es.RawEvent) (events []E, err error) {
		c := es.Commit{Stream: at.Stream, Version: at.Version, Events: []es.RawEvent{raw}}
		yield := func(e E) error { events = append(events, e); return nil }
		err = aggregate.Events.Decode(&c, 0, yield)
		if errors.As(err, new(*es.SealedError)) { // as after the person was forgotten
			err = aggregate.Events.Erasing().Decode(&c, 0, yield)
		}
		return events, err
	}
	return decoder{folder: folder, types: aggregate.Events.StoredTypes(),
		decode: func(stored es.StoredType, data []byte) error {
			events, err := decode(es.RawEvent{Type: stored.Name, Schema: stored.Schema, Data: data})
			var corrupt *es.CorruptError
			if errors.As(err, &corrupt) && (es.StreamVersion{Stream: corrupt.Stream, Version: corrupt.Version}) == at {
				return nil
			}
			if err != nil {
				return err
			}
			for _, event := range events {
				raw, err := aggregate.Events.Encode(event)
				if err != nil {
					return err
				}
				again, err := decode(raw)
				if diff := cmp.Diff([]E{event}, again); err != nil || diff != "" {
					return errors.Join(err, errors.New("is not the same when it is stored again: "+diff))
				}
			}
			return nil
		}}
}
