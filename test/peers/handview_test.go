package peers

import (
	"context"
	"encoding/json"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// change is what a batch does to the row of a stream.
type change struct {
	from, to int64
	ledger
}

// project sends one UpdateItem a stream and batch, on condition that the row is where the batch begins. It reads
// nothing. It fails where a batch comes twice or in parts: a person has to look.
func (h *hand) project(ctx context.Context, batches [][]commit) error {
	for _, batch := range batches {
		changes := map[string]*change{}
		for _, c := range batch {
			var d deposited
			if err := json.Unmarshal(c.data, &d); err != nil {
				return err
			}
			if changes[c.stream] == nil {
				changes[c.stream] = &change{from: c.version - 1}
			}
			changes[c.stream].to = c.version
			changes[c.stream].add(d)
		}
		var wg sync.WaitGroup
		errs := make(chan error, len(changes))
		for stream, c := range changes {
			wg.Go(func() { errs <- h.update(ctx, stream, c) })
		}
		wg.Wait()
		close(errs)
		for err := range errs {
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (h *hand) update(ctx context.Context, stream string, c *change) error {
	input := &dynamodb.UpdateItemInput{
		TableName: &h.rows, Key: map[string]types.AttributeValue{"stream": str("Ledger#" + stream)},
		UpdateExpression:         aws.String("SET version = :to, #last = :last ADD #count :count, #sum :sum"),
		ConditionExpression:      aws.String("version = :from"),
		ExpressionAttributeNames: map[string]string{"#last": "last", "#count": "count", "#sum": "sum"},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":from": num(c.from), ":to": num(c.to), ":last": str(c.Last), ":count": num(c.Count), ":sum": num(c.Sum),
		},
	}
	if c.from == 0 {
		input.ConditionExpression = aws.String("attribute_not_exists(version)")
		delete(input.ExpressionAttributeValues, ":from")
	}
	_, err := h.client.UpdateItem(ctx, input)
	return err
}
