package dynamolocal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func TestMain(m *testing.M) {
	if os.Getenv("RUN_SERVER") != "" {
		s := start1(context.Background(), Options{})
		fmt.Fprintln(os.Stdout, s.Endpoint)
		select {}
	}
	os.Exit(m.Run())
}

func start1(ctx context.Context, o Options) *Server {
	root, err := Root()
	if err != nil {
		panic(err)
	}
	o.Dir = Dir(root)
	s, err := Start(ctx, o)
	if err != nil {
		panic(err)
	}
	return s
}

func answers(endpoint string) bool {
	client := http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(endpoint)
	if err == nil {
		_ = answer.Body.Close()
	}
	return err == nil
}

func TestStartAndStop(t *testing.T) {
	t.Parallel()
	s := start1(t.Context(), Options{})
	if !answers(s.Endpoint) {
		t.Error("the server does not answer")
	}
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(s.Endpoint, "http://"))
	taken, _ := strconv.Atoi(port)
	root, _ := Root()
	if _, err := Start(t.Context(), Options{Dir: Dir(root), Port: taken}); !errors.Is(err, errPortTaken) {
		t.Errorf("on a port in use: %v", err)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if answers(s.Endpoint) {
		t.Error("the server answers after Stop")
	}
	<-s.Done()
}

func TestDataStay(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	for round, end := range []func(*Server) error{(*Server).Kill, (*Server).Stop, (*Server).Stop} {
		s := start1(t.Context(), Options{DataDir: data})
		db := dynamodb.New(dynamodb.Options{
			BaseEndpoint: aws.String(s.Endpoint), Region: "us-east-1",
			Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
		})
		found, err := db.ListTables(t.Context(), &dynamodb.ListTablesInput{})
		if err != nil || len(found.TableNames) != min(round, 1) {
			t.Errorf("start %d: tables %+v, %v, want those of the start before", round+1, found, err)
		}
		if round == 0 {
			_, err = db.CreateTable(t.Context(), &dynamodb.CreateTableInput{
				TableName: aws.String("table"), BillingMode: types.BillingModePayPerRequest,
				KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("p"), KeyType: types.KeyTypeHash}},
				AttributeDefinitions: []types.AttributeDefinition{{
					AttributeName: aws.String("p"), AttributeType: types.ScalarAttributeTypeS,
				}},
			})
			if err != nil {
				t.Error(err)
			}
		}
		if err := end(s); err != nil {
			t.Fatal(err)
		}
	}
}

// The server ends with its parent, however the parent ends.
func TestTheServerEndsWithItsParent(t *testing.T) {
	t.Parallel()
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), "RUN_SERVER=1")
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	endpoint, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	endpoint = strings.TrimSpace(endpoint)
	if !answers(endpoint) {
		t.Error("the server does not answer")
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	for deadline := time.Now().Add(10 * time.Second); answers(endpoint); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the server still runs after its parent has ended")
		}
	}
}

func TestAServerThatDiesIsNoticed(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "DynamoDBLocal.jar"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if _, err := Start(t.Context(), Options{Dir: bin}); err == nil ||
		!strings.Contains(err.Error(), "ended during start") {
		t.Errorf("a broken jar: %v", err)
	}
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("the error came after %v", took)
	}
}
