package es_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
)

type (
	visit interface{ visit() }

	street struct {
		Line string `json:"line"`
	}
	guest struct {
		ID   string `json:"id"`
		Name string `json:"name" personal:"subject=id"`
	}
	// stayed has personal data in all places where a mark is read.
	stayed struct {
		Host   string            `json:"host"`
		Letter string            `json:"letter,omitempty" personal:"subject=host"`
		Age    int               `json:"age" personal:"owner" erased:"-1"`
		Street *street           `json:"street" personal:"owner"`
		Guests []guest           `json:"guests"`
		Note   map[string]string `json:"note" personal:"owner"`
		Room   int               `json:"room"`
		guest2 `json:",omitempty"`
		Mail   string `json:"customer's mail" personal:"owner"` //nolint:staticcheck // encoding/json takes the Go name instead
	}
	guest2 struct {
		Second string `json:"second" personal:"owner"`
	}
)

func (stayed) visit() {}

// TestPersonalValues: an encoded event says where its personal values are, and whose.
func TestPersonalValues(t *testing.T) {
	t.Parallel()
	r := es.NewRegistry(es.Type[visit]("Stayed", 1, stayed{}))
	raw, err := r.Encode(stayed{
		Host: "h", Letter: `a "quoted" \ letter, {"x":[`, Age: 42, Street: &street{"12 \u2028"}, Room: 7,
		Guests: []guest{{"g1", "Ada"}, {"g2", ""}, {"g3", "Bob"}}, Note: map[string]string{"}": "]"}, guest2: guest2{"Zoë"},
		Mail: "ada@example.org",
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range raw.Unsealed() {
		value := string(raw.Data[v.From:v.To])
		if !json.Valid([]byte(value)) {
			t.Errorf("the value %s is no JSON", value)
		}
		got = append(got, v.Subject+" "+value+" "+string(v.Erased))
	}
	want := []string{
		`h "a \"quoted\" \\ letter, {\"x\":[" `, ` 42 -1`, ` {"line":"12 \u2028"} `, `g1 "Ada" `, `g3 "Bob" `, ` {"}":"]"} `,
		` "Zoë" `, ` "ada@example.org" `,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("personal values (-want +got):\n%s", diff)
	}
	if raw, err = r.Encode(stayed{}); err != nil || len(raw.Unsealed()) != 1 { // the age, which is 0
		t.Errorf("without values: %d and %v, want 1", len(raw.Unsealed()), err)
	}
}

// TestPersonalWithoutASubject: an event whose personal value is nobody's is not encoded.
func TestPersonalWithoutASubject(t *testing.T) {
	t.Parallel()
	r := es.NewRegistry(es.Type[visit]("Stayed", 1, stayed{}))
	_, err := r.Encode(stayed{Letter: "x"})
	want := "encode event Stayed: stayed.Letter is personal, and its subject, host, is empty"
	if err == nil || err.Error() != want {
		t.Errorf("encode without a subject: %v, want %s", err, want)
	}
}

// TestUnsealedIsRefused: a store without keys does not store personal data.
func TestUnsealedIsRefused(t *testing.T) {
	t.Parallel()
	a := es.Aggregate[struct{}, visit]{
		StreamType: "Visit", Events: es.NewRegistry(es.Type[visit]("Stayed", 1, stayed{})), Evolve: func(*struct{}, visit) {},
	}
	visits := es.Open(memstore.New(), a)
	stay := func(actor string) error {
		_, err := visits.Create(t.Context(), "1", es.Command{Meta: es.Meta{Actor: actor}}, func() ([]visit, error) {
			return []visit{stayed{Age: 1}}, nil
		})
		return err
	}
	if err := stay("ada"); !errors.Is(err, es.ErrUnsealed) {
		t.Errorf("append to a store without keys: %v, want %v", err, es.ErrUnsealed)
	}
	const ownerless = "set Meta.Actor in its first command, or Aggregate.Owner"
	if err := stay(""); err == nil || !strings.Contains(err.Error(), ownerless) {
		t.Errorf("append without an owner: %v", err)
	}
	if _, err := visits.Load(t.Context(), "1"); !errors.As(err, new(*es.NotFoundError)) {
		t.Errorf("load after appends that were refused: %v", err)
	}
}

type secretive struct{ Name string }

func (secretive) MarshalJSON() ([]byte, error) { return []byte(`"x"`), nil }

type textual struct {
	Name string `personal:"owner"`
}

func (textual) MarshalText() ([]byte, error) { return []byte("x"), nil }

type optional[T any] struct{ value T }

func (o optional[T]) MarshalJSON() ([]byte, error) { return json.Marshal(o.value) }

type guests []guest

func (guests) MarshalJSON() ([]byte, error) { return []byte("[]"), nil }

type strict struct{ name string }

func (s *strict) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return errors.New("a name is not null")
	}
	return json.Unmarshal(data, &s.name)
}

// TestMarksAreChecked: each mark that could not be kept is a mistake of the registry.
func TestMarksAreChecked(t *testing.T) {
	t.Parallel()
	type inMap struct {
		Guests map[string]guest `json:"guests"`
	}
	type twice struct {
		Guest guest `json:"guest" personal:"owner"`
	}
	type ownJSON struct {
		secretive
		Other string `personal:"owner"`
	}
	type ownText struct{ Guest textual }
	type ownList struct{ Guests guests }
	type twoNames struct {
		guest2
		guest
		Other string `json:"name"`
	}
	type recursive struct {
		Name string `personal:"owner"`
		Next *recursive
	}
	for name, test := range map[string]struct {
		register func() error
		want     string
	}{
		"unknown mark": {check[struct {
			A string `personal:"customerId"`
		}], `.A has the tag personal:"customerId": write "owner" or "subject=" and the JSON name of a field`},
		"no such field": {check[struct {
			A string `json:"a" personal:"subject=b"`
		}], `.A is marked as personal with subject=b, but its struct has no field with this JSON name`},
		"no JSON": {check[struct {
			A string `json:"-" personal:"owner"`
		}], `.A is marked as personal, but JSON leaves it out`},
		"erased alone": {check[struct {
			A string `erased:"1"`
		}], `.A has the tag "erased" without the tag "personal"`},
		"erased of another type": {check[struct {
			A int `personal:"owner" erased:"\"x\""`
		}], `.A has the tag erased:"\"x\"", which is not its JSON value: json: cannot unmarshal string`},
		"can't be null": {check[struct {
			A strict `personal:"owner"`
		}], `.A can't be null, so the tag "erased" must give its value without a key: a name is not null`},
		"in a map":  {check[inMap], `inMap.Guests: marks within a map are not read: mark the field that holds the map`},
		"twice":     {check[twice], `twice.Guest is marked as personal, and so are fields within it: mark one of them`},
		"own JSON":  {check[ownJSON], `has marked fields and makes its JSON itself: mark the field that holds it`},
		"own text":  {check[ownText], `ownText.Guest: es_test.textual has marked fields and makes its JSON itself`},
		"own list":  {check[ownList], `ownList.Guests: es_test.guests has marked fields and makes its JSON itself`},
		"two names": {check[twoNames], `twoNames: two fields have the JSON name "name", and some of its fields are marked`},
		"no JSON erased": {check[struct {
			A string `personal:"owner" erased:"x"`
		}], `.A has the tag erased:"x", which is no JSON: invalid character 'x'`},
		"embedded": {check[struct {
			street `personal:"owner"`
		}], `.street is marked as personal, but JSON has its fields, not itself: mark those, or name it`},
		"subject itself": {check[struct {
			A string `json:"a" personal:"subject=a"`
		}], `.A is marked as personal with subject=a, but that field is no text in the clear`},
		"quoted subject": {check[struct {
			ID string `json:"id,string"`
			A  string `personal:"subject=id"`
		}], `.A is marked as personal with subject=id, but that field is no text in the clear`},
		"hidden in a type with its own JSON": {check[struct {
			Guest optional[guest]
		}], `makes its JSON itself: mark the field that holds it`},
		"quoted number": {check[struct {
			A int `json:",string" personal:"owner" erased:"-1"`
		}], `.A has the tag erased:"-1", which is not its JSON value`},
		"within itself": {check[recursive], `recursive.Next: es_test.recursive has marked fields and is within itself`},
	} {
		if err := test.register(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
}

func check[T any]() error {
	var prototype T
	return es.NewRegistry(es.Type[any]("Some", 1, prototype)).Check()
}

// TestSealedNameIsReserved: nobody can store an object that reading would take for an encrypted value.
func TestSealedNameIsReserved(t *testing.T) {
	t.Parallel()
	type open struct{ Values map[string]string }
	r := es.NewRegistry(es.Type[any]("Open", 1, open{}))
	if _, err := r.Encode(open{map[string]string{"$sealed": "1.1.x.ada"}}); err == nil ||
		!strings.Contains(err.Error(), `the payload has an object that begins with the name "$sealed"`) {
		t.Errorf("encode a reserved name: %v", err)
	}
	if _, err := r.Encode(open{map[string]string{"a": `{"$sealed":"`}}); err != nil {
		t.Errorf("encode a text with the reserved name: %v", err)
	}
}

// TestErasing: what leaves the service has no personal values, also those that were stored before they were marked.
func TestErasing(t *testing.T) {
	t.Parallel()
	r := es.NewRegistry(es.Type[visit]("Stayed", 1, stayed{}))
	for name, payload := range map[string]string{
		"before marks": `{"host":"h", "letter":"Dear", "age":42, "guests":[{"id":"g","name":"Ada"}], "room":7}`,
		"sealed":       `{"host":"h","letter":{"$sealed":"1.1.AA.h"},"age":{"$sealed":"1.1.AA.o","erased":-1},"room":7}`,
	} {
		c := &es.Commit{Stream: es.StreamID{Type: "Visit", ID: "1"}, Version: 1, Events: []es.RawEvent{
			{Type: "Stayed", Schema: 1, Data: json.RawMessage(payload)},
		}}
		err := r.Erasing().Decode(c, 0, func(v visit) error {
			s := v.(stayed)
			if s.Letter != "" || s.Age != -1 || len(s.Guests) == 1 && s.Guests[0].Name != "" || s.Room != 7 || s.Host != "h" {
				t.Errorf("%s: decoded to %+v", name, s)
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		err = r.Decode(c, 0, func(visit) error { return nil })
		if want := name == "sealed"; want != errors.As(err, new(*es.SealedError)) {
			t.Errorf("%s, decoded without keys: %v", name, err)
		}
	}
}

// TestPlain: values that were stored before their fields were marked are found; encrypted ones, and zero values, are not.
func TestPlain(t *testing.T) {
	t.Parallel()
	type seen interface{ any }
	type visited struct {
		Who   string `json:"who"`
		Name  string `json:"name" personal:"subject=who" erased:"\"(erased)\""`
		Email string `json:"email,omitempty" personal:"owner"`
	}
	events := es.NewRegistry(es.Type[seen]("Visited", 1, visited{}))
	sealed := `{"$sealed":"1.1.AA.ada","erased":"(erased)"}`
	for data, want := range map[string][]string{
		`{"who":"ada","name":"Ada Lovelace","email":"ada@example.com"}`: {"ada", ""},
		`{"who":"ada","name":` + sealed + `,"email":"ada@example.com"}`: {""},
		`{"who":"ada","name":` + sealed + `}`:                           nil,
		`{"who":"ada","name":""}`:                                       nil,
	} {
		c := &es.Commit{
			Stream: es.StreamID{Type: "Guest", ID: "1"}, Version: 1,
			Events: []es.RawEvent{{Type: "Visited", Schema: 1, Data: json.RawMessage(data)}},
		}
		found, err := events.Plain(c, 0)
		var got []string
		for _, value := range found {
			got = append(got, value.Subject)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: plain values about %q, %v, want %q", data, got, err, want)
		}
	}
}
