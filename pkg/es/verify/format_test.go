package verify_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es/storekit"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/personal/dynamokeys"
)

// formatDoc returns the document and its code blocks, by the text after their opening fences.
func formatDoc(t *testing.T) (string, map[string]string) {
	t.Helper()
	doc, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "format.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := map[string]string{}
	for _, m := range regexp.MustCompile("(?ms)^```(\\w[^\n]*)\n(.*?)^```$").FindAllStringSubmatch(string(doc), -1) {
		blocks[m[1]] = m[2]
	}
	return string(doc), blocks
}

// TestFormatExample: the documented item, bytes and hash belong together.
func TestFormatExample(t *testing.T) {
	t.Parallel()
	_, blocks := formatDoc(t)
	var raw map[string]any
	if err := json.Unmarshal([]byte(blocks["json item"]), &raw); err != nil {
		t.Fatal(err)
	}
	c, err := dynamostore.Decode(fromJSON(t, raw))
	if err != nil {
		t.Fatal(err)
	}
	hash := strings.TrimSpace(blocks["text hash"])
	if got := hex.EncodeToString(c.ComputeHash()); got != hash || got != hex.EncodeToString(c.Hash) {
		t.Errorf("the item's hash is %s, the stored hash %x, the documented one %s", got, c.Hash, hash)
	}
	digits := regexp.MustCompile(`#.*|\s`).ReplaceAllString(blocks["text bytes"], "")
	b, err := hex.DecodeString(digits)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%x", sha256.Sum256(b)); got != hash || len(b) != 472 {
		t.Errorf("the hash of the %d bytes is %s, the documented one %s", len(b), got, hash)
	}
}

// TestFormatScript runs the documented script on stored items.
func TestFormatScript(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("python3 is missing: install it, it runs the script in docs/format.md")
		}
		t.Skip("python3 is missing: it runs the script in docs/format.md")
	}
	_, blocks := formatDoc(t)
	script := filepath.Join(t.TempDir(), "check.py")
	if err := os.WriteFile(script, []byte(blocks["python"]), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(i item) (string, error) {
		in, err := json.Marshal(map[string]any{"Item": dynamotest.ItemJSON(i)})
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), python, script)
		cmd.Stdin = bytes.NewReader(in)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	_, unzstd := exec.LookPath("zstd")
	if unzstd != nil {
		unzstd = exec.CommandContext(t.Context(), python, "-c", "import compression.zstd").Run()
	}
	for name, i := range storedItems(t) {
		if _, packed := i["zdata"]; packed && unzstd != nil {
			t.Logf("%s: not tried: neither zstd nor Python 3.14 is installed", name)
			continue
		}
		out, err := run(i)
		if c, _ := dynamostore.Decode(i); err != nil || strings.TrimSpace(out) != fmt.Sprintf("%x as stored", c.Hash) {
			t.Errorf("hash by the script for %s: %v: %s, want %x", name, err, out, c.Hash)
		}
		i["id"] = text("forged")
		if out, err := run(i); err == nil || !strings.Contains(out, "but stored is") {
			t.Errorf("hash by the script for the changed %s: %v: %s, want it to differ", name, err, out)
		}
	}
}

// storedItems are stored items of all kinds.
func storedItems(t *testing.T) map[string]item {
	t.Helper()
	store, tab := openTable(t)
	w := newWriter(store)
	odd := es.StreamID{Type: "Account", ID: "größe \"#1\" \u2028\x00🙂"}
	for _, step := range []struct {
		n       int
		streams []es.StreamID
	}{{1, []es.StreamID{odd}}, {2, []es.StreamID{account(1), odd, account(2)}}, {es.MaxEvents, []es.StreamID{odd}}} {
		if err := w.append(t.Context(), step.n, step.streams...); err != nil {
			t.Fatal(err)
		}
	}
	bare := es.Append{Writes: []es.Write{{Head: store.Empty(account(3)), Events: []es.RawEvent{
		{Type: "Noted", Schema: 1, Data: json.RawMessage("\t\"é\\u00e9 \"")},
	}}}}
	if _, err := store.Append(t.Context(), bare); err != nil {
		t.Fatal(err)
	}
	items := map[string]item{
		"first": tab.get(odd, 1), "transaction": tab.get(odd, 2), "compressed": tab.get(odd, 5),
		"bare": tab.get(account(3), 1),
	}
	if _, packed := items["compressed"]["zdata"]; !packed {
		t.Fatal("100 events are not compressed")
	}
	return items
}

// TestFormatTables: items have exactly the documented attributes, with the documented types, and none is missing that
// is documented as always present.
func TestFormatTables(t *testing.T) {
	t.Parallel()
	doc, _ := formatDoc(t)
	events, snapshots := attributes(doc, "## Events table"), attributes(doc, "## Snapshots table")
	seen := map[string]bool{}
	for name, i := range storedItems(t) {
		for attribute := range i {
			seen[attribute] = true
		}
		conforms(t, name, i, events)
	}
	if len(seen) != len(events) {
		t.Errorf("the items have %d different attributes, documented are %d", len(seen), len(events))
	}
	client := dynamotest.Client(t)
	table := dynamotest.Table(t, client, dynamostore.SnapshotsTable)
	err := dynamostore.NewSnapshots(client, table).SaveSnapshot(t.Context(), es.Snapshot{
		At: es.StreamVersion{Stream: account(1), Version: 4}, Hash: make([]byte, 32), Version: 6, Schema: 1,
		State:    json.RawMessage(`{}`),
		Commands: []es.KnownCommand{{Digest: storekit.CommandDigest("c"), Version: 4, At: time.Now()}},
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &table})
	if err != nil {
		t.Fatal(err)
	}
	conforms(t, "snapshot", out.Items[0], snapshots)
	if len(out.Items[0]) != len(snapshots) {
		t.Errorf("a snapshot has %d attributes, documented are %d", len(out.Items[0]), len(snapshots))
	}
}

// TestFormatKeys: the same for the items of the table of keys.
func TestFormatKeys(t *testing.T) {
	t.Parallel()
	client := dynamotest.Client(t)
	table := dynamotest.Table(t, client, dynamokeys.Table)
	keys, err := dynamokeys.New(client, table)
	if err != nil {
		t.Fatal(err)
	}
	for _, subject := range []string{"remembered", "forgotten"} {
		key := personal.Key{Subject: subject, Number: 1, Secret: make([]byte, personal.KeyBytes), At: time.Now()}
		if _, err := keys.Create(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := keys.Forget(t.Context(), "forgotten", time.Now()); err != nil {
		t.Fatal(err)
	}
	long := es.StreamID{Type: "Account", ID: strings.Repeat("x", 1001-len("Account#"))}
	short := es.StreamID{Type: "Account", ID: long.ID[1:]}
	for _, stream := range []es.StreamID{long, short} {
		if err := keys.Note(t.Context(), "remembered", stream); err != nil {
			t.Fatal(err)
		}
	}
	out, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &table})
	if err != nil || len(out.Items) != 4 {
		t.Fatalf("%d items, want 4: %v", len(out.Items), err)
	}
	doc, _ := formatDoc(t)
	documented := map[bool]map[string]attribute{
		true: attributes(doc, "## Keys table"), false: attributes(doc, "### Notes"),
	}
	sum := sha256.Sum256([]byte(long.String()))
	abouts := map[string]bool{
		"key": true, "stream#" + short.String(): false, "stream~" + base64.RawURLEncoding.EncodeToString(sum[:]): false,
	}
	seen := map[bool]map[string]bool{true: {}, false: {}}
	for _, i := range out.Items {
		about := i["about"].(*types.AttributeValueMemberS).Value
		isKey, known := abouts[about]
		if !known {
			t.Errorf("about is %.20s", about)
		}
		conforms(t, about, i, documented[isKey])
		for name := range i {
			seen[isKey][name] = true
		}
	}
	for isKey, names := range seen {
		if len(names) != len(documented[isKey]) {
			t.Errorf("items with a key %v: they have %d different attributes, documented are %d",
				isKey, len(names), len(documented[isKey]))
		}
	}
}

type attribute struct {
	kind  string // in DynamoDB's spelling
	never bool   // never absent
}

// attributes parses the first table after a heading.
func attributes(doc, heading string) map[string]attribute {
	_, doc, _ = strings.Cut(doc, heading)
	doc, _, _ = strings.Cut(doc, "\n#")
	out := map[string]attribute{}
	for _, m := range regexp.MustCompile(
		"(?m)^\\| `(\\w+)` \\| (\\w+)(?: of \\w)? \\| ([^|]*) \\|",
	).FindAllStringSubmatch(doc, -1) {
		out[m[1]] = attribute{kind: m[2], never: m[3] == "never"}
	}
	return out
}

func conforms(t *testing.T, name string, i item, documented map[string]attribute) {
	t.Helper()
	for attribute, value := range i {
		kind, _ := strings.CutPrefix(fmt.Sprintf("%T", value), "*types.AttributeValueMember")
		if want, ok := documented[attribute]; !ok || kind != want.kind {
			t.Errorf("%s: attribute %s is %s, the documentation has %+v", name, attribute, kind, want)
		}
	}
	for attribute, want := range documented {
		if _, there := i[attribute]; want.never && !there {
			t.Errorf("%s: attribute %s is absent", name, attribute)
		}
	}
}

// fromJSON decodes attributes from the AWS command line's JSON.
func fromJSON(t *testing.T, raw map[string]any) item {
	t.Helper()
	out := item{}
	for name, value := range raw {
		out[name] = valueFromJSON(t, value)
	}
	return out
}

func valueFromJSON(t *testing.T, value any) types.AttributeValue {
	t.Helper()
	for kind, v := range value.(map[string]any) {
		switch kind {
		case "S":
			return text(v.(string))
		case "N":
			return number(v.(string))
		case "B":
			var b []byte
			if err := json.Unmarshal([]byte(`"`+v.(string)+`"`), &b); err != nil {
				t.Fatal(err)
			}
			return &types.AttributeValueMemberB{Value: b}
		case "SS":
			var set []string
			for _, e := range v.([]any) {
				set = append(set, e.(string))
			}
			return &types.AttributeValueMemberSS{Value: set}
		case "M":
			return &types.AttributeValueMemberM{Value: fromJSON(t, v.(map[string]any))}
		case "L":
			var list []types.AttributeValue
			for _, e := range v.([]any) {
				list = append(list, valueFromJSON(t, e))
			}
			return &types.AttributeValueMemberL{Value: list}
		}
	}
	t.Fatalf("%v is no attribute", value)
	return nil
}
