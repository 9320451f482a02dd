package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// scanned is the outcome of a scan.
type scanned struct {
	// Found says what was found, by place: "table orders", "file state/buses/EventBus.jsonl".
	Found             map[string][]string
	Tables, Files     int
	Items, Bytes, Bus int
}

// scan searches all tables of the service, and all files that the runner and the functions wrote.
func (s *stack) scan(ctx context.Context, f *finder) (scanned, error) {
	out := scanned{Found: map[string][]string{}}
	if err := s.scanTables(ctx, f, &out); err != nil {
		return out, err
	}
	return out, s.scanFiles(f, &out)
}

func (o *scanned) search(f *finder, place string, content []byte) {
	o.Bytes += len(content)
	if found := f.in(content); len(found) > 0 {
		all := slices.Concat(o.Found[place], found)
		slices.Sort(all)
		o.Found[place] = slices.Compact(all)
	}
}

// scanTables searches all tables of DynamoDB Local, which only this service uses.
func (s *stack) scanTables(ctx context.Context, f *finder, out *scanned) error {
	listed, err := s.dynamoDB.ListTables(ctx, &dynamodb.ListTablesInput{}) // up to 100
	if err != nil {
		return err
	}
	for logical, name := range s.located.Resources.Tables {
		if !slices.Contains(listed.TableNames, name) {
			return fmt.Errorf("scan: DynamoDB Local has no table %s, the description's table %s", name, logical)
		}
	}
	for _, name := range listed.TableNames {
		out.Tables++
		pages := dynamodb.NewScanPaginator(s.dynamoDB, &dynamodb.ScanInput{TableName: &name})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return fmt.Errorf("scan table %s: %w", name, err)
			}
			for _, item := range page.Items {
				out.Items++
				search(&types.AttributeValueMemberM{Value: item}, func(b []byte) { out.search(f, "table "+name, b) })
			}
		}
	}
	return nil
}

// search calls do with each name and value in an attribute.
func search(value types.AttributeValue, do func([]byte)) {
	switch v := value.(type) {
	case *types.AttributeValueMemberM:
		for _, name := range slices.Sorted(maps.Keys(v.Value)) {
			do([]byte(name))
			search(v.Value[name], do)
		}
	case *types.AttributeValueMemberL:
		for _, element := range v.Value {
			search(element, do)
		}
	case *types.AttributeValueMemberS:
		do([]byte(v.Value))
	case *types.AttributeValueMemberB:
		do(v.Value)
	default: // numbers and sets
		text, _ := json.Marshal(v) // fails for none of the SDK's types
		do(text)
	}
}

// scanFiles searches the state of the runner and the log of the service. It leaves out what was built before the start.
func (s *stack) scanFiles(f *finder, out *scanned) error {
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	return fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist): // the runner has replaced it
			return nil
		case err != nil:
			return err
		case d.IsDir() && slices.Contains(builtBefore, name):
			return filepath.SkipDir
		case d.IsDir() || slices.Contains(builtBefore, name):
			return nil
		}
		content, err := root.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		out.Files++
		if name == busFile {
			out.Bus = len(content)
		}
		out.search(f, "file "+name, content)
		return nil
	})
}

// builtBefore are files and folders with programs and the template. busFile has the events that were published.
var builtBefore = []string{"local", "annals", "cdk.out", "state/bin", "state/cdk.out"}

const busFile = "state/buses/EventBus.jsonl"
