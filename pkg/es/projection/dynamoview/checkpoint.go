package dynamoview

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/storekit"
)

// Checkpoints implements [projection.View]: one GetItem for one stream, otherwise one BatchGetItem for each hundred.
func (v *View) Checkpoints(
	ctx context.Context, g projection.Generation, streams ...es.StreamID,
) (map[es.StreamID]projection.Checkpoint, error) {
	keys := make([]item, len(streams))
	for i, stream := range streams {
		keys[i] = stateKey(g, stream)
	}
	items, err := v.get(ctx, keys)
	if err != nil {
		return nil, err
	}
	out := make(map[es.StreamID]projection.Checkpoint, len(items))
	prefix := partition(g, stateKind, "")
	for _, i := range items {
		stream, err := streamOf(i, strings.TrimPrefix(text(i, "pk"), prefix))
		if err != nil {
			return nil, err
		}
		if out[stream], err = checkpoint(g, i); err != nil {
			return nil, fmt.Errorf("checkpoint of %s: %w", stream, err)
		}
	}
	return out, nil
}

func checkpoint(g projection.Generation, i item) (projection.Checkpoint, error) {
	version, err1 := number(i, "version")
	done, err2 := number(i, "done")
	appended, err5 := number(i, "appended")
	cp := projection.Checkpoint{
		Version: version, RowsWritten: int(done), Owner: text(i, "owner"), Appended: appended, Slots: slots(g, i),
	}
	if state := text(i, "state"); state != "" {
		cp.State = json.RawMessage(state)
	}
	if hash, ok := i["hash"].(*types.AttributeValueMemberB); ok {
		cp.Hash = hash.Value
	}
	_, cp.Behind = i["behind"]
	var err3, err4, err6 error
	cp.At, err4 = storekit.ParseTime(text(i, "at"))
	if parked := text(i, "parked"); parked != "" {
		cp.Parked = &projection.Parked{}
		err3 = json.Unmarshal([]byte(parked), cp.Parked)
	}
	if rises := text(i, "rises"); rises != "" {
		err6 = json.Unmarshal([]byte(rises), &cp.Rises)
	}
	return cp, errors.Join(err1, err2, err3, err4, err5, err6)
}

func stateItem(g projection.Generation, stream es.StreamID, cp projection.Checkpoint) item {
	i := stateKey(g, stream)
	i["version"] = num(cp.Version)
	if name := stream.String(); len(name) > maxName {
		i["stream"] = str(name)
	}
	if len(cp.Hash) > 0 {
		i["hash"] = &types.AttributeValueMemberB{Value: cp.Hash}
	}
	if !cp.At.IsZero() {
		i["at"] = str(es.FormatTime(cp.At))
	}
	if len(cp.State) > 0 {
		i["state"] = str(string(cp.State))
	}
	if cp.RowsWritten > 0 {
		i["done"] = num(int64(cp.RowsWritten))
	}
	if epoch := cp.Epoch(); epoch > 0 {
		i["epoch"] = num(int64(epoch)) // for conditions
	}
	if len(cp.Rises) > 0 {
		i["rises"] = str(risesText(cp.Rises))
	}
	if cp.Appended > 0 {
		i["appended"] = num(cp.Appended)
	}
	putSlots(g, i, cp.Slots)
	if cp.Owner != "" {
		i["owner"] = str(cp.Owner)
	}
	if cp.Behind {
		i["behind"] = &types.AttributeValueMemberBOOL{Value: true}
	}
	return i
}

func risesText(rises []projection.Rise) string {
	data, _ := json.Marshal(rises) // numbers can't fail
	return string(data)
}
