package measured_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/test/measured"
)

const document = `# Costs

| thing | cost |
| --- | ---: |
| tea | 1 |
| two teas | 2 |

<!-- measured by TestCompare -->

| thing | cost |
| --- | ---: |

<!-- measured by TestNothing -->
`

func write(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "costs.md")
	if err := os.WriteFile(file, []byte(document), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// failing is a test that keeps its failures to itself.
type failing struct {
	testing.TB
	name   string
	failed bool
}

func (f *failing) Name() string          { return f.name }
func (f *failing) Helper()               {}
func (f *failing) Errorf(string, ...any) { f.failed = true }
func (f *failing) Fatal(...any)          { f.fatal() }
func (f *failing) Fatalf(string, ...any) { f.fatal() }

func (f *failing) fatal() {
	f.failed = true
	panic(f)
}

func fails(name string, do func(testing.TB)) bool {
	f := &failing{name: name}
	func() {
		defer func() {
			if r := recover(); r != nil && r != any(f) {
				panic(r)
			}
		}()
		do(f)
	}()
	return f.failed
}

func TestCompare(t *testing.T) {
	t.Parallel()
	file := write(t)
	right := measured.Table{{"thing", "cost:"}, {"tea", "1"}, {"two teas", "2"}}
	measured.Compare(t, file, right)
	for _, test := range []struct {
		name, file string
		table      measured.Table
	}{
		{"TestCompare", file, right[:2]},
		{"TestNothing", file, right},
		{"TestOther", file, right},
		{"TestCompare", file + ".gone", right},
	} {
		if !fails(test.name, func(tb testing.TB) { measured.Compare(tb, test.file, test.table) }) {
			t.Errorf("%s in %s: %v passes, want it to fail", test.name, test.file, test.table)
		}
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	file := write(t)
	if diff := cmp.Diff([][]string{{"tea", "1"}, {"two teas", "2"}}, measured.Read(t, file, "TestCompare")); diff != "" {
		t.Error(diff)
	}
	if rows := measured.Read(t, file, "TestNothing"); len(rows) != 0 {
		t.Error(rows)
	}
	for name, in := range map[string]string{"TestOther": file, "TestCompare": file + ".gone"} {
		if !fails(name, func(tb testing.TB) { measured.Read(tb, in, name) }) {
			t.Errorf("%s is read from %s", name, in)
		}
	}
}

const costs = `
| operation | requests | read units | write units |
| --- | --- | ---: | ---: |
| order | 1 GetItem, 2 PutItem | 0.5 | 2 |

<!-- measured by TestCosts -->

| operation | requests | read units | write units |
| --- | --- | ---: | ---: |
| order | many | 0.5 | 2 |

<!-- measured by TestRequests -->

| operation | requests | read units | write units |
| --- | --- | ---: | ---: |
| order | 1 GetItem | few | 2 |

<!-- measured by TestUnits -->
`

func TestCosts(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "costs.md")
	if err := os.WriteFile(file, []byte(costs), 0o600); err != nil {
		t.Fatal(err)
	}
	used := dynamotest.Usage{Requests: map[string]int{"GetItem": 1, "PutItem": 2}, ReadUnits: 0.5, WriteUnits: 2}
	if diff := cmp.Diff(map[string]dynamotest.Usage{"order": used}, measured.Costs(t, file, "TestCosts")); diff != "" {
		t.Error(diff)
	}
	measured.Compare(t, file, measured.Table{measured.CostHeader, measured.Cost("order", used)})
	for _, name := range []string{"TestRequests", "TestUnits"} {
		if !fails(name, func(tb testing.TB) { measured.Costs(tb, file, name) }) {
			t.Errorf("costs of %s were read, want a failure", name)
		}
	}
}
