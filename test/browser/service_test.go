//go:build browser

package browser

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest/dynamolocal"
	"github.com/annals-es/annals/test/internal/servicetest"
)

// service is the whole service with some of the Northwind data in, and a console beside it that may write.
type service struct {
	base    string // of its API
	console string // its address, with the key
	client  *dynamodb.Client
	events  string // the event table's name
}

func newService(t *testing.T) *service {
	t.Helper()
	root, err := dynamolocal.Root()
	must(t, err)
	dir := t.TempDir()
	t.Setenv("CDK_CONTEXT_JSON", `{"forgetWait":3}`) // seconds in which functions may use a deleted key
	built, err := servicetest.Build(t.Context(), root, dir)
	must(t, err)
	annals, northwind := filepath.Join(dir, "annals"), filepath.Join(dir, "northwind")
	must(t, built.Go(t.Context(), annals, "./cmd/annals"))
	must(t, built.Go(t.Context(), northwind, "./test/northwind"))
	db, err := dynamolocal.Start(t.Context(), dynamolocal.Options{Dir: dynamolocal.Dir(root)})
	must(t, err)
	t.Cleanup(func() { _ = db.Stop() })
	running, err := built.Start(t.Context(), "DYNAMODB_ENDPOINT="+db.Endpoint)
	must(t, err)
	t.Cleanup(func() { must(t, running.Stop()) })
	s := &service{base: running.Base}
	s.sell(t, northwind)
	s.console = startConsole(t, annals, running.Base)
	s.events = s.environment(t)[annalsaws.Events.Env()]
	s.client = dynamodb.New(dynamodb.Options{
		BaseEndpoint: aws.String(db.Endpoint), Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
	return s
}

// sell imports Northwind's orders until those that the tests look at are shipped, about a tenth of all.
func (s *service) sell(t *testing.T, northwind string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), northwind, "-url", s.base)
	cmd.Stderr = t.Output()
	must(t, cmd.Start())
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	for range 1200 {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.base+"/orders/10300", nil)
		must(t, err)
		answer, err := http.DefaultClient.Do(r)
		must(t, err)
		var order struct{ Status string }
		err = json.NewDecoder(answer.Body).Decode(&order)
		_ = answer.Body.Close()
		if err == nil && order.Status == "shipped" {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("order 10300 is not shipped")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// startConsole runs `annals console --write` and returns the address that it prints.
func startConsole(t *testing.T, annals, base string) string {
	t.Helper()
	address, err := url.Parse(base)
	must(t, err)
	cmd := exec.CommandContext(t.Context(), annals, "--local", "console", "--write")
	cmd.Env = append(os.Environ(), "PORT="+address.Port())
	cmd.Stderr = t.Output()
	said, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(said).ReadString('\n')
	must(t, err)
	return strings.TrimSpace(strings.TrimPrefix(line, "open "))
}

func (s *service) environment(t *testing.T) map[string]string {
	t.Helper()
	answer := s.do(t, http.MethodGet, "/_local/functions/ProjectorFunction/environment", "")
	defer func() { _ = answer.Body.Close() }()
	env := map[string]string{}
	must(t, json.NewDecoder(answer.Body).Decode(&env))
	return env
}

func (s *service) do(t *testing.T, method, path, body string, headers ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.base+path, strings.NewReader(body))
	must(t, err)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	must(t, err)
	if answer.StatusCode >= 300 {
		t.Fatalf("%s %s: status %s, want less than 300", method, path, answer.Status)
	}
	return answer
}

func (s *service) post(t *testing.T, path, body string, headers ...string) {
	t.Helper()
	must(t, s.do(t, http.MethodPost, path, body, headers...).Body.Close())
}

func (s *service) openAccount(t *testing.T, id, owner string) {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"accountId": id, "ownerName": owner, "initialDeposit": map[string]string{"amount": "10.00", "currency": "USD"},
	})
	must(t, err)
	s.post(t, "/accounts", string(body))
}

// spoil stores a commit on an account that no projection knows, and returns what takes it away again, which no role may
// do on AWS.
func (s *service) spoil(t *testing.T, account string) (mend func()) {
	t.Helper()
	stream := es.StreamID{Type: "Account", ID: account}
	store, err := dynamostore.New(s.client, s.events)
	must(t, err)
	head, err := store.Head(t.Context(), stream)
	must(t, err)
	stored, err := store.Append(t.Context(), es.Append{Writes: []es.Write{{
		Head: head, Events: []es.RawEvent{{Type: "AccountFrozen", Schema: 1, Data: json.RawMessage(`{}`)}},
	}}})
	must(t, err)
	return func() {
		t.Helper()
		_, err := s.client.DeleteItem(context.WithoutCancel(t.Context()),
			&dynamodb.DeleteItemInput{TableName: &s.events, Key: map[string]types.AttributeValue{
				dynamostore.EventsTable.Partition.Name: &types.AttributeValueMemberS{Value: stream.String()},
				dynamostore.EventsTable.Sort.Name:      &types.AttributeValueMemberN{Value: fmt.Sprint(stored[0].Version)},
			}})
		must(t, err)
	}
}
