package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

// stored appends a commit to a stream of the running service.
func stored(t *testing.T, name string, meta es.Meta, events ...es.RawEvent) {
	t.Helper()
	store := storeOf(t)
	stream, err := es.ParseStreamID(name)
	if err != nil {
		t.Fatal(err)
	}
	head, err := store.Head(t.Context(), stream)
	if err == nil {
		_, err = store.Append(t.Context(), es.Append{Writes: []es.Write{{Head: head, Events: events}}, Meta: meta})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func storeOf(t *testing.T) *dynamostore.Store {
	t.Helper()
	store, err := dynamostore.New(dynamotest.Client(t), os.Getenv(annalsaws.Events.Env()), dynamostore.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func added(product string) es.RawEvent {
	return es.RawEvent{
		Type:   "ItemAdded",
		Schema: 1,
		Data: json.RawMessage(`{"productId":"` + product +
			`","quantity":2,"unitPrice":{"amount":"9.50","currency":"USD"}}`),
	}
}

// step is a command line with its expected outcome.
type step struct {
	line  string
	says  string // in what it prints; " … " stands for anything
	fails string // in its error, "" = it has none
	exit  int
}

func (s step) run(t *testing.T, port string) {
	t.Helper()
	out, err := line(t, port, strings.Fields(s.line)...)
	rest, ok := out, true
	for part := range strings.SplitSeq(s.says, " … ") {
		var there bool
		_, rest, there = strings.Cut(rest, part)
		ok = ok && there
	}
	if !ok || (err == nil) != (s.fails == "") || err != nil && !strings.Contains(err.Error(), s.fails) ||
		exitCode(err) != s.exit {
		t.Errorf("%s: printed %q, %v, exit code %d; want %q, %q, %d",
			s.line, out, err, exitCode(err), s.says, s.fails, s.exit)
	}
}

func TestWhatHappened(t *testing.T) { //nolint:paralleltest // sets the environment
	port := running(t)
	stored(t, "Order#good", es.Meta{CorrelationID: "req-1", Actor: "ann"}, added("tea"), added("mug"))
	stored(t, "Account#\x1b[31mred", es.Meta{CorrelationID: "req-2"}, es.RawEvent{
		Type: "Odd", Schema: 3, Data: json.RawMessage(`{}`),
	})
	second := time.Now().UTC().Add(-time.Minute).Format(time.RFC3339) // before anything was stored
	for _, s := range []step{
		{"streams list Order#g", "STREAM … Order#good  3        2", "", 0},
		{
			"streams list Order#g -o json",
			`{"stream":"Order#good","version":3,"commits":2,"first":" … "types":{"ItemAdded":2,"OrderCreated":1}}`, "", 0,
		},
		{"streams list nothing", "STREAM", "", 0},
		{
			"streams show Order#good",
			"Order#good  version 3, 2 commits …  2  ItemAdded …  1  OrderCreated … orders         generation 1 (serving) not " +
				"yet, is at version 0",
			"", 0,
		},
		{
			"streams show Order#good -o json",
			`"projections":[{"projection":"orders","generation":1,"status":"serving","version":0,"applied":false`, "", 0,
		},
		{"streams show Order#none", "", "Order#none", 1},
		{"streams show Order", "", "want Type#id", 2},
		{"streams", "list", "", 0},
		{"streams nonsense", "", `there is no command "nonsense"`, 2},
		{"nonsense", "", `there is no command "nonsense"`, 2},
		{
			"events Order#good",
			"Order#good@1 …  1 OrderCreated  {\"orderId\":\"good\" … Order#good@3 …  by ann  correlation req-1\n" +
				"  2 ItemAdded … \n  3 ItemAdded",
			"", 0,
		},
		{
			"events Order#good --from 3 -o json",
			`{"stream":"Order#good","version":2,"lastVersion":3, … "events":[{"version":3,"type":"ItemAdded"`, "", 0,
		},
		{"events Order#none", "", "Order#none", 1},
		{"events Order#good --from 3 --to 2", "", "--from 3 --to 2", 2},
		{"events Order#good --sideways", "", "unknown flag", 2},
		{"events", "", "accepts 1 arg(s)", 2},
		{"events Account#\x1b[31mred", `Account#\u001b[31mred@1 … 1 Odd (schema 3)  {}`, "", 0},
		{"events Order#good -o yaml", "", "want human or json", 2},
		{"find --correlation-id req-1", "Order#good@3", "", 0},
		{"find --type OrderTeleported -o json", `"stream":"Order#bad"`, "", 0},
		{"find", "", "say what to search for", 2},
		{"state Order#good", "Order#good at version 3 … \"amount\": \"38.00\"", "", 0},
		{
			"state Order#good --version 1 -o json",
			`{"stream":"Order#good","version":1,"at":" … "state":{"orderId":"good"`, "", 0,
		},
		{
			"state Order#good --version 1 --version-to 3",
			"from Order#good at version 1 … to   Order#good at version 3 … + /items/0  {", "", 0,
		},
		{
			"state Order#good --version 1 --diff -o json", `"differences":[{"path":"/items/0","after":{"productId":"tea"`, "", 0,
		},
		{"state Order#good --as-of " + second, "", "not found", 1},
		{"state Order#good --version 9", "", "has no version 9: the latest is 3", 1},
		{"state Order#good --version 1 --as-of " + second, "", "give one of --version", 2},
		{"state Order#good --as-of yesterday", "", "want a time in the form of RFC 3339", 2},
		{"state Order#good --version-to 3 --diff", "", "not both", 2},
		{"state Order#bad", "", "OrderTeleported", 1},
		{"state Thing#x", "", `no aggregate has streams of type "Thing"`, 1},
		{"tail --from 1", "", "the name of one stream", 2},
		{
			"trace req-1", "Order#good@3 … orders         generation 1 (serving) not yet",
			`a projection has not applied all commits of "req-1"`, 3,
		},
		{"heal Order#good", "Order#good is up to date", "", 0},
		{"heal Order#good -o json", `{"stream":"Order#good","level":true}`, "", 0},
		{"trace req-1", "orders         generation 1 (serving) applied at … ms after", "", 0},
		{
			"trace req-1 -o json",
			`{"correlationId":"req-1","commits":[{"stream":"Order#good" … "projections":[{"projection":"orders" … ` +
				`"applied":true,"exact":true}`,
			"", 0,
		},
		{"trace nothing", "", "no commit has the correlation id", 1},
		{"heal Order#bad orders", "", "is parked in orders", 3},
		{"parked list -o json", `{"projection":"orders","generation":1,"stream":"Order#bad","version":1,"waiting":1,` +
			`"reason":"needs-newer-code","error":"`, "", 0},
		{"parked show orders Order#bad -o json", `"reason":"needs-newer-code"`, "", 0},
		{"parked retry -o json", `{"tried":1,"left":1}`, "1 streams are still parked", 3},
		{
			"projections -o json",
			`{"projection":"orders","generation":1,"fold":1,"status":"serving","since":" … "parked":1`, "", 0,
		},
		{
			"rebuild orders -o json", `{"projection":"orders","generation":2,"seconds":`,
			"1 streams are parked in generation 2", 3,
		},
		{"rollback orders -o json", `{"projection":"orders","generation":1}`, "", 0},
		{"version -o json", `{"version":"`, "", 0},
		{"verify", "3 streams, 4 commits, 5 events: 0 findings", "", 0},
		{"verify Order#good -o json", `{"streams":1,"commits":2,"events":3,"found":0,"findings":[]}`, "", 0},
		{"verify Order#none", "", "Order#none", 1},
		{"verify --anchors x", "", "give --anchors and --trusted together", 2},
		{"--stack S verify", "", "give only one of them", 2},
		{"completion bash", "bash completion", "", 0},
		{"__complete rebuild product-", "product-catalog\n … product-counts\n", "", 0},
		{"__complete parked show orders x", ":4", "", 0},
	} {
		s.run(t, port)
	}
}

// TestNoControlCharacters: no command prints control characters that were stored.
func TestNoControlCharacters(t *testing.T) { //nolint:paralleltest // sets the environment
	port := running(t)
	evil := "\x1b]0;title\x07\u202e\u009b2J"
	stored(t, "Order#"+evil, es.Meta{Actor: evil, CorrelationID: evil}, es.RawEvent{
		Type: evil, Schema: 1, Data: json.RawMessage(`{"note":"\u009b` + "\u009b" + `"}`),
	})
	for _, args := range [][]string{
		{"streams", "list"}, {"streams", "show", "Order#" + evil}, {"events", "Order#" + evil}, {"trace", evil},
		{"find", "--type", evil},
		{"heal", "Order#" + evil}, {"parked", "list"}, {"parked", "show", "orders", "Order#" + evil},
		{"verify", "Order#" + evil}, {"doctor"},
	} {
		out, _ := line(t, port, args...)
		if out == "" && args[0] != "heal" || strings.ContainsAny(out, "\x1b\x07\u202e\u009b") {
			t.Errorf("annals %q printed %q, want output without control characters", args, out)
		}
	}
}

// TestTail: commits come as they are stored; an interrupt ends it without an error.
func TestTail(t *testing.T) { //nolint:paralleltest // sets the environment
	port := running(t)
	for _, line := range []string{"tail --type ItemAdded", "tail Order#good --from 2"} {
		in, out := io.Pipe()
		root := newRoot(portOf(port))
		root.SetOut(out)
		root.SetErr(&bytes.Buffer{})
		root.SetArgs(append([]string{"--local", "-o", "json"}, strings.Fields(line)...))
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- root.ExecuteContext(ctx) }()
		seen := make(chan map[string]any, 1)
		go func() {
			var c map[string]any
			_ = json.NewDecoder(in).Decode(&c)
			seen <- c
			_, _ = io.Copy(io.Discard, in)
		}()
		for waiting := true; waiting; { // until the tail has its place
			stored(t, "Order#good", es.Meta{}, added("tea"))
			select {
			case c := <-seen:
				if waiting = false; c["stream"] != "Order#good" {
					t.Errorf("%s printed the commit %v, want one of Order#good", line, c)
				}
			case err := <-ended:
				t.Fatalf("%s ended with %v before it was interrupted", line, err)
			case <-time.After(100 * time.Millisecond):
			}
		}
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("%s, interrupted: %v, want no error", line, err)
		}
		_ = out.Close()
	}
}

// TestAnchorsAndChanges: a commit that was changed without the store is found, and no anchors are signed.
func TestAnchorsAndChanges(t *testing.T) { //nolint:paralleltest // sets the environment
	port := running(t)
	dir := t.TempDir()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	key, pub := filepath.Join(dir, "key.pem"), filepath.Join(dir, "key.pub.pem")
	writePEM(t, key, private, x509.MarshalPKCS8PrivateKey)
	writePEM(t, pub, public, x509.MarshalPKIXPublicKey)
	anchors := filepath.Join(dir, "a.anchors")
	for _, s := range []step{
		{"anchors " + anchors + " --key " + key, "anchors of 2 streams", "", 0},
		{"anchors " + anchors + " --key " + key, "", "file exists", 1},
		{"anchors " + anchors + "2", "", "--key KEY.pem", 2},
		{"anchors " + anchors + "2 --key " + pub, "", pub, 1},
		{"anchors " + anchors + "2 --key " + anchors, "", "not a PEM file", 1},
		{"verify --anchors " + anchors + " --trusted " + pub, "2 streams, 2 commits, 2 events: 0 findings", "", 0},
		{"verify --anchors " + anchors + " --trusted " + key, "", key, 1},
		{"verify Order#good --anchors " + anchors + " --trusted " + pub, "1 streams", "", 0},
	} {
		s.run(t, port)
	}
	remove(t, "Order#good", "1") // the whole stream: only the anchor remembers it
	for _, s := range []step{
		{"verify", "1 streams, 1 commits, 1 events: 0 findings", "", 0},
		{
			"verify --anchors " + anchors + " --trusted " + pub,
			"Order#good@1: witness: … anchor of … 1 findings", "1 findings", 3,
		},
		{
			"verify Order#good --anchors " + anchors + " --trusted " + pub + " -o json",
			`"found":1,"findings":[{"stream":"Order#good","version":1,"kind":"witness"`, "1 findings", 3,
		},
	} {
		s.run(t, port)
	}
	spoil(t, "Order#bad", "1")
	for _, s := range []step{
		{"verify", "changed … 1 findings", "1 findings", 3},
		{"anchors " + anchors + "2 --key " + key, "changed", "1 findings", 3},
	} {
		s.run(t, port)
	}
	if _, err := os.Stat(anchors + "2"); err == nil {
		t.Error("anchors of a store with findings were written, want an error")
	}
}

func writePEM(t *testing.T, path string, key any, marshal func(any) ([]byte, error)) {
	t.Helper()
	der, err := marshal(key)
	if err == nil {
		err = os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "KEY", Bytes: der}), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestExportAndImport: an import of an archive makes an empty table equal to the exported one. Other tables are
// refused.
func TestExportAndImport(t *testing.T) { //nolint:paralleltest // sets the environment
	port := running(t)
	stored(t, "Order#good", es.Meta{CorrelationID: "req-1", OccurredAt: time.Now().Add(-time.Hour)},
		added("tea"), added("mug"))
	file := filepath.Join(t.TempDir(), "all.ndjson")
	for _, s := range []step{
		{"export " + file, "3 commits, 4 events", "", 0},
		{"export " + file, "", "file exists", 1},
		{
			"export - --prefix Order#good --as cloudevents --source /here",
			`{"specversion":"1.0","id":"Order#good@1","source":"/here","type":"OrderCreated","subject":"Order#good" … ` +
				`"sequence":"0000000000000000002","schemaversion":"1" … "correlationid":"req-1","data":{"productId":"tea"`,
			"", 0,
		},
		{"export - --as xml", "", "want archive or cloudevents", 2},
		{"import " + file, "", "the event table is not empty", 1},
		{"import " + file + " --continue", "3 commits, 4 events stored and verified; 3 commits were stored before", "", 0},
		{"import nowhere", "", "no such file", 1},
	} {
		s.run(t, port)
	}
	before := scan(t)
	port = running(t) // another one
	for _, stream := range []string{"Order#good", "Order#bad"} {
		remove(t, stream, "1")
	}
	for _, s := range []step{
		{"import " + file + " -o json", `{"commits":3,"events":4,"there":0}`, "", 0},
		{"verify", "2 streams, 3 commits, 4 events: 0 findings", "", 0},
		{"streams show Order#good", "version 3, 2 commits … orders         generation 1 (serving) not yet … reserve-stock  " +
			"generation 1 (serving) applied at", "", 0},
	} {
		s.run(t, port)
	}
	if after := scan(t); len(after) != 3 || !reflect.DeepEqual(before, after) {
		t.Errorf("the table is another one: exported %v, imported %v", before, after)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	spoiled := filepath.Join(t.TempDir(), "spoiled.ndjson")
	if err := os.WriteFile(spoiled, bytes.Replace(text, []byte("mug"), []byte("cup"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	step{"import --continue " + spoiled, "", "its hash does not match its contents", 1}.run(t, port)
	stored(t, "Order#new", es.Meta{}, added("tea"))
	step{"import --continue " + file, "", "another process appended during the import", 3}.run(t, port)
}

func TestDoctor(t *testing.T) { //nolint:paralleltest // sets the environment
	f, port := newFake(t, nil)
	f.fill(t)
	for _, s := range []step{
		{
			"doctor",
			"ok … settings … DynamoDB at http … notice … queue of catch-ups … clock … ok … table events … wrong … time to " +
				"live … skipped … protection … projection orders",
			"1 checks found something wrong", 3,
		},
		{"heal Order#bad", "", "is parked in orders", 3},
		{
			"doctor -o json",
			`{"check":"projection orders","result":"wrong","detail":"1 streams are parked in generation 1","advice":"`,
			"found something wrong", 3,
		},
	} {
		s.run(t, port)
	}
	f.located.Resources.Queues = map[annalsaws.Function]string{annalsaws.Projector: "queue"}
	f.located.Resources.Tables["snapshots"], f.located.Resources.Tables["accounts"] = "no-such-table",
		os.Getenv(annalsaws.Events.Env())
	root := newRoot(portOf(port))
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetArgs([]string{"--local", "doctor"})
	err := root.ExecuteContext(t.Context())
	for _, want := range []string{"no-such-table does not exist", "has other keys", `"queue" is not the URL of a queue`} {
		if !strings.Contains(out.String(), want) || exitCode(err) != exitFindings {
			t.Errorf("printed %q, %v; want %q", out.String(), err, want)
		}
	}
	step{"doctor", "wrong … settings … start it with `make run`", "1 checks found something wrong", 3}.run(t, "1")
}

// TestHelpIsWhole: every command has a help text and an example.
func TestHelpIsWhole(t *testing.T) {
	t.Parallel()
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		if cmd.Short == "" || cmd.Runnable() && !cmd.HasSubCommands() && cmd.Args == nil {
			t.Errorf("command %s lacks a short description or a check of its arguments", cmd.CommandPath())
		}
		for _, child := range cmd.Commands() {
			visit(child)
		}
	}
	visit(newRoot(os.Getenv))
	for err, want := range map[error]int{nil: 0, io.EOF: 1, usage("x"): 2, found("x"): 3} {
		if got := exitCode(err); got != want {
			t.Errorf("exit code of error %v: %d, want %d", err, got, want)
		}
	}
}
