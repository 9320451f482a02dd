package verify_test

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/klauspost/compress/zstd"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/verify"
)

type item = dynamostore.Item

func text(v string) types.AttributeValue   { return &types.AttributeValueMemberS{Value: v} }
func number(v string) types.AttributeValue { return &types.AttributeValueMemberN{Value: v} }

// table is an event table without write protection.
type table struct {
	*testing.T
	client *dynamodb.Client
	name   string
	a, b   es.StreamID
}

func openTable(t *testing.T) (*dynamostore.Store, *table) {
	t.Helper()
	client := dynamotest.Client(t)
	tab := &table{T: t, client: client, name: dynamotest.Table(t, client, dynamotest.Unread(dynamostore.EventsTable))}
	store, err := dynamostore.New(client, tab.name)
	if err != nil {
		t.Fatal(err)
	}
	return store, tab
}

func key(s es.StreamID, version int64) item {
	return item{"stream": text(s.String()), "version": number(fmt.Sprint(version))}
}

func (t *table) get(s es.StreamID, version int64) item {
	out, err := t.client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &t.name, Key: key(s, version)})
	if err != nil || len(out.Item) == 0 {
		t.Fatalf("read %s@%d: %v, %v, want its item", s, version, out, err)
	}
	return out.Item
}

func (t *table) put(i item) {
	if _, err := t.client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &t.name, Item: i}); err != nil {
		t.Fatal(err)
	}
}

func (t *table) remove(s es.StreamID, version int64) {
	if _, err := t.client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
		TableName: &t.name, Key: key(s, version),
	}); err != nil {
		t.Fatal(err)
	}
}

// set changes one attribute of an item.
func (t *table) set(s es.StreamID, version int64, name string, value types.AttributeValue) {
	i := t.get(s, version)
	i[name] = value
	t.put(i)
}

// rehash recomputes an item's hash.
func (t *table) rehash(i item) item {
	c, err := dynamostore.Decode(i)
	if err != nil {
		t.Fatal(err)
	}
	i["hash"] = &types.AttributeValueMemberB{Value: c.ComputeHash()}
	return i
}

// payload changes the payload of the first event.
func payload(i item, data string) item {
	i["events"].(*types.AttributeValueMemberL).Value[0].(*types.AttributeValueMemberM).Value["data"] = text(data)
	return i
}

type want struct {
	stream  es.StreamID
	version int64
	kind    verify.Kind
}

// tamperings modify a stream a with commits 1-2, 3, 4-6 and 7, and a stream b with commits 1 and 2-3. a@3 and b@2 are
// one append.
func tamperings() map[string]func(t *table) []want {
	return map[string]func(t *table) []want{
		"nothing": func(*table) []want { return nil },
		"changed payload": func(t *table) []want {
			t.put(payload(t.get(t.a, 4), `{"amount":"9999.00"}`))
			return []want{{t.a, 4, verify.Changed}}
		},
		"changed actor": func(t *table) []want {
			i := t.get(t.a, 1)
			i["meta"].(*types.AttributeValueMemberM).Value["actor"] = text("bob")
			t.put(i)
			return []want{{t.a, 1, verify.Changed}}
		},
		"one event more": func(t *table) []want {
			i := t.get(t.a, 1)
			list := i["events"].(*types.AttributeValueMemberL)
			list.Value = append(list.Value, list.Value[0])
			i["count"] = number("3")
			t.put(i)
			return []want{{t.a, 1, verify.Changed}, {t.a, 3, verify.Inserted}}
		},
		"command dropped": func(t *table) []want {
			i := t.get(t.a, 7)
			delete(i, "command")
			t.put(i)
			return []want{{t.a, 7, verify.Changed}}
		},
		"changed compressed payloads": func(t *table) []want {
			i := t.get(t.a, 4)
			var plain []byte
			for n := range 3 {
				data := fmt.Sprintf(`{"amount":"%d.00"}`, n+5)
				plain = append(binary.BigEndian.AppendUint32(plain, uint32(len(data))), data...)
			}
			w, _ := zstd.NewWriter(nil)
			i["zdata"] = &types.AttributeValueMemberB{Value: w.EncodeAll(plain, nil)}
			t.put(i)
			return []want{{t.a, 4, verify.Changed}}
		},
		"hash dropped": func(t *table) []want {
			i := t.get(t.a, 1)
			delete(i, "hash")
			t.put(i)
			return []want{{t.a, 1, verify.Changed}, {t.a, 3, verify.Broken}}
		},
		"first removed": func(t *table) []want {
			t.remove(t.a, 1)
			return []want{{t.a, 1, verify.Missing}}
		},
		"middle removed": func(t *table) []want {
			t.remove(t.a, 4)
			return []want{{t.a, 4, verify.Missing}}
		},
		"middle of a transaction removed": func(t *table) []want {
			t.remove(t.a, 3)
			return []want{{t.a, 3, verify.Missing}, {t.a, 3, verify.Sibling}}
		},
		"tail removed": func(t *table) []want {
			t.remove(t.a, 7)
			return []want{{t.a, 7, verify.Mismatch}}
		},
		"tail in a transaction removed": func(t *table) []want {
			t.remove(t.b, 2)
			return []want{{t.b, 2, verify.Sibling}, {t.b, 3, verify.Mismatch}}
		},
		"stream removed": func(t *table) []want {
			for _, version := range []int64{1, 3, 4, 7} {
				t.remove(t.a, version)
			}
			return []want{{t.a, 7, verify.Mismatch}, {t.a, 3, verify.Sibling}}
		},
		"two changed places": func(t *table) []want {
			three, seven := t.get(t.a, 3), t.get(t.a, 7)
			three["version"], seven["version"] = seven["version"], three["version"]
			t.put(three)
			t.put(seven)
			return []want{
				{t.a, 3, verify.Changed}, {t.a, 3, verify.Broken}, {t.a, 7, verify.Changed},
				{t.a, 7, verify.Backwards}, {t.a, 3, verify.Sibling},
			}
		},
		"replaced": func(t *table) []want {
			t.put(t.rehash(payload(t.get(t.a, 1), `{}`)))
			return []want{{t.a, 3, verify.Broken}}
		},
		"last replaced": func(t *table) []want {
			t.put(t.rehash(payload(t.get(t.a, 7), `{}`)))
			return []want{{t.a, 7, verify.Mismatch}}
		},
		"rewritten": func(t *table) []want {
			four := t.rehash(payload(t.get(t.a, 4), `{}`))
			t.put(four)
			seven := t.get(t.a, 7)
			seven["prev"] = four["hash"]
			t.put(t.rehash(seven))
			return []want{{t.a, 7, verify.Mismatch}}
		},
		"inserted": func(t *table) []want {
			i := t.get(t.a, 7)
			i["version"], i["prev"], i["at"] = number("5"), t.get(t.a, 4)["hash"], text("2036-01-31T12:00:00.000000Z")
			t.put(t.rehash(i))
			return []want{{t.a, 5, verify.Inserted}}
		},
		"copied to another stream": func(t *table) []want {
			i := t.get(t.a, 4)
			i["stream"] = text(t.b.String())
			t.put(i)
			return []want{{t.b, 4, verify.Changed}, {t.b, 4, verify.Broken}}
		},
		"time set back": func(t *table) []want {
			t.put(t.rehash(func(i item) item { i["at"] = text("2020-01-01T00:00:00.000000Z"); return i }(t.get(t.a, 7))))
			return []want{{t.a, 7, verify.Backwards}, {t.a, 7, verify.Mismatch}}
		},
		"sibling of another id": func(t *table) []want {
			t.put(t.rehash(func(i item) item { i["id"] = text("forged"); return i }(t.get(t.b, 2))))
			return []want{{t.b, 2, verify.Sibling}, {t.b, 2, verify.Mismatch}, {t.a, 3, verify.Sibling}}
		},
		"sibling that names no other": func(t *table) []want {
			i := t.get(t.b, 2)
			delete(i, "siblings")
			t.put(t.rehash(i))
			return []want{{t.b, 2, verify.Sibling}, {t.b, 2, verify.Mismatch}}
		},
		"unreadable time": func(t *table) []want {
			t.set(t.a, 4, "at", text("yesterday"))
			return []want{{t.a, 4, verify.Corrupt}}
		},
		"unreadable sibling": func(t *table) []want {
			t.set(t.b, 2, "events", text("none"))
			return []want{{t.b, 2, verify.Corrupt}, {t.b, 2, verify.Sibling}, {t.b, 3, verify.Mismatch}}
		},
		"unreadable first": func(t *table) []want {
			t.set(t.a, 1, "zdata", &types.AttributeValueMemberB{Value: []byte("no zstd")})
			return []want{{t.a, 1, verify.Corrupt}}
		},
		"unreadable, and one after it removed": func(t *table) []want {
			t.set(t.a, 1, "count", number("7"))
			t.remove(t.a, 4)
			return []want{{t.a, 1, verify.Corrupt}, {t.a, 4, verify.Missing}}
		},
		"types that no event has": func(t *table) []want {
			t.set(t.a, 4, "types", &types.AttributeValueMemberSS{Value: []string{"MoneyDeposited", "Other"}})
			return []want{{t.a, 4, verify.Corrupt}}
		},
		"types missing": func(t *table) []want {
			i := t.get(t.a, 4)
			delete(i, "types")
			t.put(i)
			return []want{{t.a, 4, verify.Corrupt}}
		},
		"types replaced": func(t *table) []want {
			t.set(t.a, 4, "types", &types.AttributeValueMemberSS{Value: []string{"Other"}})
			return []want{{t.a, 4, verify.Corrupt}}
		},
	}
}

// TestTampering applies all tamperings to one table: each is found at its place, and none hides another.
func TestTampering(t *testing.T) {
	t.Parallel()
	store, tab := openTable(t)
	w := newWriter(store)
	streams := map[string][2]es.StreamID{}
	for name := range tamperings() {
		a, b := es.StreamID{Type: "A", ID: name}, es.StreamID{Type: "B", ID: name}
		streams[name] = [2]es.StreamID{a, b}
		for _, step := range []struct {
			n       int
			streams []es.StreamID
		}{
			{2, []es.StreamID{a}}, {1, []es.StreamID{b}}, {1, []es.StreamID{a, b}}, {3, []es.StreamID{a}}, {1, []es.StreamID{a}},
		} {
			if err := w.append(t.Context(), step.n, step.streams...); err != nil {
				t.Fatal(err)
			}
		}
	}
	before, err := verify.Store(t.Context(), store, verify.Config{Heads: true})
	if err != nil || before.Found > 0 {
		t.Fatalf("verify before the change: %v, %+v, want no findings", err, before)
	}
	anchors, err := before.Anchors(now)
	if err != nil {
		t.Fatal(err)
	}
	expected := map[string][]want{}
	for name, tamper := range tamperings() {
		tab.a, tab.b = streams[name][0], streams[name][1]
		expected[name] = tamper(tab)
	}
	// Items that are not commits.
	tab.put(item{"stream": text("no type"), "version": number("1.5")})
	tab.put(item{"stream": text("A#fraction"), "version": number("-2.5")})
	config := verify.Config{Segments: 5, Witnesses: anchors.Witnesses("anchors")}
	after, err := verify.Store(t.Context(), store, config)
	if err != nil {
		t.Fatal(err)
	}
	for name, list := range expected {
		one := streams[name]
		compare(t, name, slices.Collect(func(yield func(verify.Finding) bool) {
			for _, f := range after.Findings {
				if f.Stream == one[0] || f.Stream == one[1] {
					yield(f)
				}
			}
		}), list)
		for _, s := range one {
			alone, err := verify.StreamAtOnce(t.Context(), store, s, config.Witnesses...)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range list {
				// a sibling is found from the other stream
				if f.stream == s && !hasFinding(alone.Findings, f) && f.kind != verify.Sibling {
					t.Errorf("%s: %s alone: %v, want %v", name, s, alone.Findings, f)
				}
			}
		}
	}
	var keyless []string
	for _, f := range after.Findings {
		if f.Stream == (es.StreamID{}) {
			keyless = append(keyless, f.String())
		}
	}
	if s := strings.Join(keyless, "\n"); len(keyless) != 2 || !strings.Contains(s, `{stream: "no type", version: 1.5}`) ||
		!strings.Contains(s, `"A#fraction", version: -2.5`) {
		t.Errorf("items that are not commits: %s", s)
	}
}

func hasFinding(all []verify.Finding, w want) bool {
	return slices.ContainsFunc(all, func(f verify.Finding) bool {
		return f.Stream == w.stream && f.Version == w.version && f.Kind == w.kind
	})
}

func compare(t *testing.T, name string, got []verify.Finding, list []want) {
	t.Helper()
	for _, f := range list {
		if !hasFinding(got, f) {
			t.Errorf("%s: not found: %v; found: %v", name, f, got)
		}
	}
	if name == "two changed places" { // broken at both commits and at the two after them
		return
	}
	if len(got) != len(list) {
		t.Errorf("%s: %d findings, want %d: %v", name, len(got), len(list), got)
	}
}
