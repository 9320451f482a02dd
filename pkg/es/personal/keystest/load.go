package keystest

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es/personal"
)

func loadNone(t *testing.T, f fixture) {
	f.creates(t, key("bob", 1, 1), key("bob", 1, 1))
	f.notes(t, subject, account("1")) // a note is no key
	f.stored(t, nil)
	f.stored(t, []string{subject})
	f.stored(t, []string{subject, "nobody"})
}

// loadMany: more subjects than one request of DynamoDB takes, some without a key, some forgotten.
func loadMany(t *testing.T, f fixture) {
	var ids []string
	var want []personal.Key
	for i := range 250 {
		id := fmt.Sprint("subject ", i)
		ids = append(ids, id)
		switch i % 4 {
		case 0, 1:
			f.creates(t, key(id, 1, byte(i)), key(id, 1, byte(i)))
			want = append(want, key(id, 1, byte(i)))
		case 2:
			f.forgets(t, id, noon, tombstone(id, 1, noon))
			want = append(want, tombstone(id, 1, noon))
		}
	}
	f.stored(t, ids, want...)
	f.stored(t, ids[:100], want[:75]...)
	f.stored(t, ids[:101], want[:76]...)
}

func loadTwice(t *testing.T, f fixture) {
	f.creates(t, key(subject, 1, 1), key(subject, 1, 1))
	f.creates(t, key("bob", 1, 2), key("bob", 1, 2))
	f.stored(t, []string{subject, subject}, key(subject, 1, 1))
	f.stored(t, []string{subject, "nobody", "bob", subject, "nobody"}, key(subject, 1, 1), key("bob", 1, 2))
}

// subjectsWithoutSecrets: all keys and tombstones are listed, each once, and none with its secret. Notes are no keys.
func subjectsWithoutSecrets(t *testing.T, f fixture) {
	f.listed(t)
	f.notes(t, "noted", account("1"), account("2"))
	f.creates(t, key("a", 1, 1), key("a", 1, 1))
	f.creates(t, key("b", 1, 2), key("b", 1, 2))
	f.notes(t, "b", account("1"))
	f.forgets(t, "c", noon, tombstone("c", 1, noon))
	f.forgets(t, "b", noon, tombstone("b", 1, noon))
	f.creates(t, key("b", 2, 3), key("b", 2, 3))
	f.listed(t, key("a", 1, 1), key("b", 2, 3), tombstone("c", 1, noon))
}

// listed fails the test unless Subjects yields exactly these keys, without their secrets.
func (f fixture) listed(t *testing.T, want ...personal.Key) {
	t.Helper()
	all := map[string]personal.Key{}
	for _, key := range want {
		key.Secret = nil
		all[key.Subject] = key
	}
	got := map[string]personal.Key{}
	for key, err := range f.Subjects(t.Context()) {
		if err != nil {
			t.Fatalf("subjects: %v", err)
		}
		if _, twice := got[key.Subject]; twice {
			t.Errorf("%.40s was yielded twice", key.Subject)
		}
		got[key.Subject] = key
	}
	if diff := cmp.Diff(all, got); diff != "" {
		t.Errorf("subjects (-want +got):\n%s", diff)
	}
}
