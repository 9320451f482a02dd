package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/personal/dynamokeys"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/money"
)

// keys are the keys of the functions.
func (f *fake) keys(t *testing.T) *dynamokeys.Keys {
	return keysIn(t, f.located.Resources.Tables["keys"])
}

func keysIn(t *testing.T, table string) *dynamokeys.Keys {
	t.Helper()
	keys, err := dynamokeys.New(dynamotest.Client(t), table)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// open opens an account whose owner is a person: it stores personal data.
func (f *fake) open(t *testing.T, id, person string) {
	t.Helper()
	store, err := dynamostore.New(dynamotest.Client(t), f.located.Resources.Tables["events"], dynamostore.Config{})
	if err != nil {
		t.Fatal(err)
	}
	events, err := personal.NewStore(store, f.keys(t))
	if err != nil {
		t.Fatal(err)
	}
	_, err = es.Open(events, account.Aggregate).Create(t.Context(), id, es.Command{Meta: es.Meta{Actor: person}},
		func() ([]account.Event, error) {
			return account.Open(id, "Name of "+person, "", money.Must(money.New("1.00", "USD")))
		})
	if err != nil {
		t.Fatal(err)
	}
}

// TestSubjects: people are listed, shown, exported and forgotten. --wait ends once the person is forgotten.
func TestSubjects(t *testing.T) { //nolint:paralleltest // sets the environment
	f, port := newFake(t, nil)
	step{"subjects list", "SUBJECT", "", 0}.run(t, port)
	f.open(t, "a", "ada")
	f.open(t, "b", "ada")
	f.open(t, "c", "bob")
	f.tasks()
	for _, s := range []step{
		{"subjects list", "SUBJECT  KEY  FORGOTTEN  SINCE\n … 1    false      20", "", 0},
		{"subjects list -o json", `,"key":1,"forgotten":false,"since":"20`, "", 0},
		{"subjects show ada", "ada: known\n … streams              2\n", "", 0},
		{
			"subjects show ada -o json",
			`{"subject":"ada","status":"known","streams":2,"documents":0 … "names":["Account#a","Account#b"]}`, "", 0,
		},
		{
			"subjects export ada",
			`"subject": "ada" … "status": "known" … "id": "a" … "firstName": "Name of" … "id": "b" … "firstName": "Name of"`,
			"", 0,
		},
		{"subjects export ada -o json", `{"subject":"ada","at":" … "streams":[{"type":"Account","id":"a","events":[`, "", 0},
		{"subjects show none", "", "Subject#none", 1},
		{"subjects export none", "", "Subject#none", 1},
		{"subjects forget none", "", "Subject#none", 1},
		{"subjects forget none --wait", "", "Subject#none", 1},
		{"subjects show", "", "accepts 1 arg(s)", 2},
		{"subjects forget ada bob", "", "accepts 1 arg(s)", 2},
		{"subjects nonsense", "", `there is no command "nonsense"`, 2},
		{"subjects show ada", "ada: known", "", 0}, // nobody was forgotten
		{"subjects forget ada", "ada: requested\n … streams              2\n  requested            20", "", 0},
		{"subjects forget ada --wait", "ada: forgotten\n … key deleted … streams cleared      2 … forgotten", "", 0},
		{"subjects forget ada --wait -o json", `{"subject":"ada","status":"forgotten" … "final":"`, "", 0},
		{"subjects show bob", "bob: known", "", 0},
		{"subjects reapply", "keys deleted again: 0", "", 0},
	} {
		s.run(t, port)
	}
	out, err := line(t, port, "subjects", "list")
	for _, want := range []string{"ada 1 true", "bob 1 false"} {
		if columns := strings.Join(strings.Fields(out), " "); err != nil || !strings.Contains(columns, want) {
			t.Errorf("subjects list printed %s, %v; want %s", out, err, want)
		}
	}
	for person, want := range map[string]int{"ada": 0, "bob": 1} {
		out, err := line(t, port, "subjects", "export", person)
		if got := strings.Count(out, "Name of"); err != nil || got != want {
			t.Errorf("export of %s has the name %d times, %v; want %d: %s", person, got, err, want, out)
		}
	}
}

// TestForgetWaits: --wait asks again until the person is forgotten, and ends with the context.
func TestForgetWaits(t *testing.T) { //nolint:paralleltest // sets the environment
	f, port := newFake(t, nil)
	f.open(t, "a", "ada")
	f.forgets = func(context.Context, string) error { return nil } // the state machine hangs
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	root := newRoot(portOf(port))
	root.SetOut(&bytes.Buffer{})
	root.SetErr(&bytes.Buffer{})
	root.SetArgs([]string{"--local", "subjects", "forget", "ada", "--wait"})
	if err := root.ExecuteContext(ctx); err == nil || ctx.Err() == nil {
		t.Errorf("forget --wait of a person who is never forgotten: %v, want an error once the time is over", err)
	}
	if tasks := f.tasks(); len(tasks) < 3 || tasks[0] != ask.Forget || tasks[1] != ask.Subject || tasks[2] != ask.Subject {
		t.Errorf("tasks %v, want forget, and then subject again and again", tasks)
	}
	f.forgets = nil
	step{"subjects forget ada --wait", "ada: forgotten", "", 0}.run(t, port)
}

// TestNoSubjects: a service without personal data has no people.
func TestNoSubjects(t *testing.T) { //nolint:paralleltest // sets the environment
	f, port := newFake(t, nil)
	var none []annals.AggregateDescription
	for _, a := range f.located.Service.Aggregates {
		a.Personal = false
		none = append(none, a)
	}
	f.located.Service.Aggregates = none
	delete(f.located.Resources.Tables, "keys")
	for _, args := range []string{"list", "show ada", "export ada", "forget ada", "forget ada --wait", "report", "reapply"} {
		step{"subjects " + args, "", f.located.Place + " has no personal data: none of its events has a field", 1}.run(t, port)
	}
	if tasks := f.tasks(); len(tasks) > 0 {
		t.Errorf("functions were asked for %v, want nothing", tasks)
	}
}

// TestReapply: keys that came back in a recovered table are deleted again. Functions are not asked: they use another
// table.
func TestReapply(t *testing.T) { //nolint:paralleltest // sets the environment
	f, port := newFake(t, nil)
	f.open(t, "a", "ada")
	f.open(t, "b", "bob")
	step{"subjects forget ada --wait", "ada: forgotten", "", 0}.run(t, port)
	table := dynamotest.Table(t, dynamotest.Client(t), annalsaws.Keys.Table)
	recovered := keysIn(t, table)
	for _, person := range []string{"ada", "bob"} {
		key := personal.Key{Subject: person, Number: 1, Secret: bytes.Repeat([]byte{1}, personal.KeyBytes), At: time.Now()}
		if _, err := recovered.Create(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	run := func(args string) (string, string, error) {
		root := newRoot(func(name string) string {
			return map[string]string{"PORT": port, annalsaws.Keys.Env(): table}[name]
		})
		var out, said bytes.Buffer
		root.SetOut(&out)
		root.SetErr(&said)
		root.SetArgs(append([]string{"--local"}, strings.Fields(args)...))
		err := root.ExecuteContext(t.Context())
		return out.String(), said.String(), err
	}
	for i, want := range []string{"keys deleted again: 1\nstreams noted again: 2\n", `{"deleted":0,"noted":2}` + "\n"} {
		out, said, err := run("subjects reapply" + []string{"", " -o json"}[i])
		if out != want || err != nil || !strings.Contains(said, "table keys: using "+table+" instead of ") {
			t.Errorf("reapply, call %d: printed %q and %q, %v; want %q and the table's name", i+1, out, said, err, want)
		}
	}
	keys, err := recovered.Load(t.Context(), "ada", "bob")
	if ada, bob := keys["ada"], keys["bob"]; err != nil || !ada.Forgotten || ada.Secret != nil || bob.Forgotten {
		t.Errorf("recovered keys: %v; want a tombstone for ada and bob's key; got %s", err,
			fmt.Sprintf("ada forgotten: %t, bob forgotten: %t", ada.Forgotten, bob.Forgotten))
	}
	f.tasks()
	for _, args := range []string{"show ada", "export ada", "forget bob"} {
		if out, _, err := run("subjects " + args); err == nil || !strings.Contains(err.Error(), table) {
			t.Errorf("subjects %s on another table of keys: printed %q, %v; want an error that names the table", args, out, err)
		}
	}
	if tasks := f.tasks(); len(tasks) > 0 {
		t.Errorf("functions that use another table were asked for %v", tasks)
	}
	if keys, err := f.keys(t).Load(t.Context(), "bob"); err != nil || keys["bob"].Forgotten {
		t.Errorf("bob's key: forgotten %t, %v", keys["bob"].Forgotten, err)
	}
}

// TestReport: events that have personal data in the clear are counted by type, with one of each.
func TestReport(t *testing.T) { //nolint:paralleltest // sets the environment
	f, port := newFake(t, nil)
	f.open(t, "a", "ada")
	step{"subjects report", "EVENT  SCHEMA  EVENTS  FIRST\n", "", 0}.run(t, port)
	store, err := dynamostore.New(dynamotest.Client(t), f.located.Resources.Tables["events"])
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"old", "older"} {
		stream := account.Aggregate.Stream(id)
		head, err := store.Head(t.Context(), stream)
		if err == nil {
			_, err = store.Append(t.Context(), es.Append{Writes: []es.Write{{Head: head, Events: []es.RawEvent{{
				Type: "AccountOpened", Schema: 1,
				Data: []byte(`{"accountId":"` + id + `","ownerName":"Ann Archer","initialDeposit":{"amount":"1.00","currency":"EUR"}}`),
			}}}}})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	f.tasks()
	step{
		"subjects report", " … AccountOpened  1       2       Account#old",
		"2 events have personal data in the clear, which can't be forgotten", 3,
	}.run(t, port)
	step{"subjects report -o json", `{"type":"AccountOpened","schema":1,"events":2,"first":"Account#old`, "2 events", 3}.run(t, port)
}
