package mapping_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/local/mapping"
	"github.com/annals-es/annals/local/pattern"
	"github.com/annals-es/annals/local/streams"
	"github.com/annals-es/annals/pkg/es/dynamotable"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

func TestMain(m *testing.M) {
	if os.Getenv("RUN_MAPPING") != "" {
		runMapping()
	}
	os.Exit(m.Run())
}

// printer is a function that prints what it received, and answers only then.
type printer struct{}

func (p *printer) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var own worker
	_, _ = own.Invoke(ctx, payload)
	time.Sleep(rand.N(3 * time.Millisecond))
	line := strings.Trim(fmt.Sprint(own.batches[0]), "[]")
	if _, err := fmt.Fprintln(os.Stdout, line); err != nil {
		os.Exit(1)
	}
	return nil, nil
}

// runMapping is the test binary as a mapping that is killed.
func runMapping() {
	filter, err := pattern.Compile(nil)
	if err != nil {
		panic(err)
	}
	stream, endpoint := os.Getenv("RUN_MAPPING"), os.Getenv("ENDPOINT")
	checkpoints, err := mapping.OpenCheckpoints(os.Getenv("CHECKPOINTS"), endpoint, stream)
	if err != nil {
		panic(err)
	}
	m := mapping.New(mapping.Config{Stream: stream, BatchSize: 5, Parallelization: 10, MaxRetries: -1, MaxAge: -1},
		streams.NewClient(endpoint, "us-east-1"), &printer{}, filter, checkpoints, nil, slog.New(slog.DiscardHandler))
	panic(m.Run(context.Background()))
}

// On the real DynamoDB Local, killed again and again while it works off 600 records: each arrives, and each run goes on
// about where the one before had been.
func TestKillLosesNothing(t *testing.T) {
	t.Parallel()
	const records = 600
	db := dynamotest.Client(t)
	table := dynamotest.Table(t, db, dynamotable.Table{
		Partition: dynamotable.Key{Name: "p", Type: dynamotable.String}, Stream: true,
	})
	described, err := db.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String(table)})
	if err != nil {
		t.Fatal(err)
	}
	written := make(chan error, 1)
	go func() {
		for i := range records {
			_, err := db.PutItem(t.Context(),
				&dynamodb.PutItemInput{TableName: aws.String(table), Item: map[string]types.AttributeValue{
					"p": &types.AttributeValueMemberS{Value: strconv.Itoa(i)},
				}})
			if err != nil {
				written <- err
				return
			}
		}
		written <- nil
	}()
	file := filepath.Join(t.TempDir(), "checkpoints.json")
	seen, kills, deliveries := map[string]bool{}, 0, 0
	for deadline := time.Now().Add(60 * time.Second); len(seen) < records; kills++ {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d records after %d kills", len(seen), records, kills)
		}
		process := exec.Command(os.Args[0])
		process.Env = append(os.Environ(), "RUN_MAPPING="+*described.Table.LatestStreamArn,
			"ENDPOINT="+dynamotest.Endpoint(t), "CHECKPOINTS="+file)
		out, err := process.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := process.Start(); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(100*time.Millisecond+rand.N(250*time.Millisecond), func() { _ = process.Process.Kill() })
		for lines := bufio.NewScanner(out); lines.Scan(); {
			for record := range strings.FieldsSeq(lines.Text()) {
				seen[record] = true
				deliveries++
			}
		}
		_ = process.Wait()
	}
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	if deliveries > records*3 {
		t.Errorf("%d deliveries of %d records: the checkpoints have no effect", deliveries, records)
	}
	t.Logf("%d kills, %d deliveries of %d records", kills, deliveries, records)
}
