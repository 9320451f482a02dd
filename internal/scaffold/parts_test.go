package scaffold_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/annals-es/annals/internal/scaffold"
)

// part is something that is added to a service.
type part struct {
	name string
	plan planned
	line string
}

func names(name string) scaffold.Names {
	n, err := scaffold.NamesOf(name, "")
	if err != nil {
		panic(err)
	}
	return n
}

// planned plans a part of the module in a folder.
type planned func(root string) (*scaffold.Plan, error)

func aggregate(name string) planned {
	return func(root string) (*scaffold.Plan, error) { return scaffold.NewAggregate(root, names(name)) }
}

func readModel(name, of, by string) planned {
	return func(root string) (*scaffold.Plan, error) { return scaffold.NewReadModel(root, names(name), of, by) }
}

func reaction(name, of, on string) planned {
	return func(root string) (*scaffold.Plan, error) { return scaffold.NewReaction(root, names(name), of, on) }
}

// parts are one of each, in the order in which they can be added.
var parts = []part{
	{"an aggregate", aggregate("gift-card"), "\tgiftcard.Parts(),\n"},
	{
		"a read model", readModel("permit-progress", "permit", ""),
		`annals.Document("GET /permits/{id}/permit-progress", permitProgress),`,
	},
	{
		"a list", readModel("PermitsByName", "Permit", "name"),
		`annals.List("GET /names/{id}/permits-by-name", permitsByName, permitsByNameByName, annals.Operators),`,
	},
	{
		"a list of the other aggregate", readModel("owned-cards-by-their-owner", "gift-card", "owner"),
		"annals.List(\"GET /owners/{id}/owned-cards-by-their-owner\",\n" +
			"\t\t\townedCardsByTheirOwner, ownedCardsByTheirOwnerByOwner, annals.Operators),",
	},
	{
		"a reaction", reaction("welcome-owner", "permit", ""),
		`annals.React("welcome-owner", permit.Aggregate, welcomeOwner, permit.Event(permit.PermitCreated{})),`,
	},
	{
		"a reaction to another event", reaction("say-goodbye", "GiftCard", "giftcardarchived"),
		`annals.React("say-goodbye", giftcard.Aggregate, sayGoodbye, giftcard.Event(giftcard.GiftCardArchived{})),`,
	},
}

// TestParts: each adds files and one line, and is refused the second time.
func TestParts(t *testing.T) {
	t.Parallel()
	root := written(t)
	for _, part := range parts {
		p, err := part.plan(root)
		if err != nil {
			t.Fatalf("%s: %v", part.name, err)
		}
		if service := string(p.Replace["service.go"]); !strings.Contains(service, part.line) || len(p.Replace) != 1 {
			t.Errorf("%s: no %s in\n%s", part.name, part.line, service)
		}
		if err := p.Write(); err != nil {
			t.Fatal(err)
		}
		if _, err := part.plan(root); err == nil || !strings.Contains(err.Error(), "already exists: choose another name") {
			t.Errorf("%s, again: %v", part.name, err)
		}
	}
}

// TestPartsOfTheSample: the sample takes them too, though its aggregates are not written as new ones are.
func TestPartsOfTheSample(t *testing.T) {
	t.Parallel()
	p, err := scaffold.NewReadModel(project, names("zeppelin-log"), "order", "customer-id")
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		"shop/zeppelinlog.go":      `projection.IndexRows("by-customer-id", func(d *ZeppelinLog)`,
		"shop/zeppelinlog_test.go": `Given(x, order.OrderCreated{CustomerID: "a"})`,
	} {
		if !strings.Contains(string(p.Create[file]), want) {
			t.Errorf("%s lacks %s\n%s", file, want, p.Create[file])
		}
	}
	line := `annals.List("GET /customers/{id}/zeppelin-log", zeppelinLog, zeppelinLogByCustomerID, annals.Operators),`
	if service := string(p.Replace["shop/service.go"]); !strings.Contains(service, line) {
		t.Errorf("no %s in\n%s", line, service)
	}
}

func TestNoPart(t *testing.T) {
	t.Parallel()
	root := written(t)
	for name, test := range map[string]struct {
		root string
		plan planned
		want string
	}{
		"no such aggregate":  {root, readModel("log", "boat", ""), "has no aggregate Boat; it has Permit"},
		"no aggregate name":  {root, readModel("log", "a boat", ""), "is not valid"},
		"no such field":      {root, readModel("log", "permit", "color"), "string field color; it has Name, Owner"},
		"no text":            {project, readModel("log", "order", "quantity"), "field quantity of ItemAdded is not a string"},
		"no such event":      {root, reaction("log", "permit", "Lost"), "no event Lost; it has PermitCreated, PermitRenamed"},
		"a keyword":          {root, readModel("type", "permit", ""), "the name type is reserved"},
		"an import":          {root, readModel("permit", "permit", ""), "permit already declared through import of package"},
		"declared":           {root, readModel("new", "permit", ""), "service.go would not compile: New redeclared"},
		"predeclared":        {root, readModel("string", "permit", ""), "is not a type: choose another name"},
		"a local variable":   {root, aggregate("other"), "other.Summaries undefined"},
		"hides a package":    {root, aggregate("given"), "it has a variable given of another meaning"},
		"hides a read model": {root, readModel("want", "permit", "owner"), "it has a variable want of another meaning"},
		"a table":            {root, readModel("events", "permit", ""), "every service has a table events"},
		"a reaction's":       {root, reaction("publisher", "permit", ""), "every service has a table publisher"},
		"a file":             {project, readModel("product", "order", ""), "shop/product.go already exists"},
	} {
		if _, err := test.plan(test.root); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

// TestTaken: an aggregate whose package has a name that the declaration's package has already is refused, and so is
// one whose name is that of an import.
func TestTaken(t *testing.T) {
	t.Parallel()
	root := written(t)
	p, err := reaction("invoice", "permit", "")(root)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Write(); err != nil {
		t.Fatal(err)
	}
	if _, err := aggregate("invoice")(root); err == nil || !strings.Contains(err.Error(), "invoice already declared") {
		t.Errorf("a variable: %v", err)
	}
	other := strings.Replace(declared, "annals\"\n)", "annals\"\n\t\"example.org/other/v2/go-zeppelin\"\n)\n\n"+
		"var _ = zeppelin.X", 1)
	if _, err := plan(t, module(t, other), "Zeppelin"); err == nil || !strings.Contains(err.Error(), "zeppelin redeclared") {
		t.Errorf("an import: %v", err)
	}
}

// TestOtherFolder: the package of an aggregate can be in a folder of another name.
func TestOtherFolder(t *testing.T) {
	t.Parallel()
	root := written(t)
	if err := os.Rename(filepath.Join(root, "permit"), filepath.Join(root, "permit-svc")); err != nil {
		t.Fatal(err)
	}
	service := filepath.Join(root, "service.go")
	text, err := os.ReadFile(service)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.ReplaceAll(text, []byte(`permits/permit"`), []byte(`permits/permit-svc"`))
	if err := os.WriteFile(service, text, 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := reaction("thank-owner", "permit", "")(root)
	if err != nil || !bytes.Contains(p.Create["thankowner.go"], []byte("permits/permit-svc\"\n")) {
		t.Errorf("%v, %s", err, p.Create["thankowner.go"])
	}
}
