package searchview

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// found is a document with its place in the order of writes.
type found struct {
	document
	stored
	cp projection.Checkpoint
}

// readAtOnce is how many documents one request reads. Each may have 400 KB.
const readAtOnce = 200

// read reads the documents of streams as they are now, whether searches show them or not.
//
// Errors: [projection.ErrLost]; [es.ErrUnavailable].
func (v *View) read(ctx context.Context, g projection.Generation, streams ...es.StreamID) (map[es.StreamID]found, error) {
	all := make(map[es.StreamID]found, len(streams))
	for part := range slices.Chunk(streams, readAtOnce) {
		if err := v.readPart(ctx, g, part, all); err != nil {
			return nil, v.fault(ctx, g, err)
		}
	}
	return all, context.Cause(ctx)
}

func (v *View) readPart(ctx context.Context, g projection.Generation, streams []es.StreamID, into map[es.StreamID]found) error {
	ids := make([]string, len(streams))
	for i, s := range streams {
		ids[i] = idOf(s)
	}
	var out struct {
		Docs []struct {
			Found       bool            `json:"found"`
			SeqNo       int64           `json:"_seq_no"`
			PrimaryTerm int64           `json:"_primary_term"`
			Source      json.RawMessage `json:"_source"`
			Error       *struct{ Type, Reason string }
		} `json:"docs"`
	}
	if err := v.call(ctx, http.MethodPost, path(v.indexOf(g), "_mget"), marshal(map[string]any{"ids": ids}), &out); err != nil {
		return err
	}
	if len(out.Docs) != len(streams) {
		return fmt.Errorf("OpenSearch answered %d of %d documents", len(out.Docs), len(streams))
	}
	for i, d := range out.Docs {
		if d.Error != nil {
			return &failure{kind: d.Error.Type, reason: d.Error.Reason}
		}
		if !d.Found {
			v.stored.Remove(place{g, streams[i]})
			continue
		}
		var f found
		if err := json.Unmarshal(d.Source, &f.document); err != nil {
			return fmt.Errorf("checkpoint of %s: %w", streams[i], err)
		}
		stream, cp, err := f.checkpoint()
		if err != nil {
			return fmt.Errorf("checkpoint of %s: %w", streams[i], err)
		}
		f.cp, f.stored = cp, storedAs(cp, f.Annals.IsParked, d.SeqNo, d.PrimaryTerm)
		v.stored.Add(place{g, stream}, f.stored)
		into[stream] = f
	}
	return nil
}

// Checkpoints implements [projection.View]: one request for each 200 streams.
func (v *View) Checkpoints(
	ctx context.Context, g projection.Generation, streams ...es.StreamID,
) (map[es.StreamID]projection.Checkpoint, error) {
	all, err := v.read(ctx, g, streams...)
	if err != nil {
		return nil, err
	}
	out := make(map[es.StreamID]projection.Checkpoint, len(all))
	for stream, f := range all {
		out[stream] = f.cp
	}
	return out, nil
}

// Parked implements [projection.View].
func (v *View) Parked(ctx context.Context, g projection.Generation) iter.Seq2[projection.ParkedStream, error] {
	return func(yield func(projection.ParkedStream, error) bool) {
		for p, err := range v.parked(ctx, g) {
			if !yield(p, v.fault(ctx, g, err)) || err != nil {
				return
			}
		}
	}
}

// page is how many parked streams one request reads.
const page = 500

func (v *View) parked(ctx context.Context, g projection.Generation) iter.Seq2[projection.ParkedStream, error] {
	return func(yield func(projection.ParkedStream, error) bool) {
		var err error
		if !v.cfg.Serverless {
			err = v.call(ctx, http.MethodPost, path(v.indexOf(g), "_refresh"), nil, nil)
		}
		var after json.RawMessage
		for more := true; more && err == nil; {
			var found []projection.ParkedStream
			found, after, err = v.parkedAfter(ctx, g, after)
			more = len(found) == page
			for _, p := range found {
				if !yield(p, nil) {
					return
				}
			}
		}
		if err != nil {
			yield(projection.ParkedStream{}, err)
		}
	}
}

// parkedAfter returns a page of parked streams, and where the next one begins.
func (v *View) parkedAfter(
	ctx context.Context, g projection.Generation, after json.RawMessage,
) (parked []projection.ParkedStream, next json.RawMessage, err error) {
	query := map[string]any{
		"size": page, "sort": []any{map[string]string{"annals.stream": "asc"}}, "_source": []string{"annals"},
		"query": map[string]any{"term": map[string]any{"annals.parked": true}},
	}
	if after != nil {
		query["search_after"] = after
	}
	out, err := v.searched(ctx, g, query)
	if err != nil {
		return nil, nil, err
	}
	for _, hit := range out.Hits.Hits {
		var d document
		if err := json.Unmarshal(hit.Source, &d); err != nil {
			return nil, nil, fmt.Errorf("a parked stream: %w", err)
		}
		stream, cp, err := d.checkpoint()
		if err != nil {
			return nil, nil, fmt.Errorf("parked stream %s: %w", d.Annals.Stream, err)
		}
		parked = append(parked, projection.ParkedStream{Stream: stream, Parked: *cp.Parked, Seen: d.Annals.Rest.Seen})
		next = hit.Sort
	}
	return parked, next, nil
}

// hits is the answer to a search.
type hits struct {
	TimedOut bool `json:"timed_out"`
	Shards   struct {
		Failed int `json:"failed"`
	} `json:"_shards"`
	Hits struct {
		Hits []struct {
			Source json.RawMessage            `json:"_source"`
			Sort   json.RawMessage            `json:"sort"`
			Fields map[string]json.RawMessage `json:"fields"`
		} `json:"hits"`
	} `json:"hits"`
}

// searched searches the documents of a generation. An answer that lacks some of them is an error.
func (v *View) searched(ctx context.Context, g projection.Generation, query any) (out hits, err error) {
	err = v.call(ctx, http.MethodPost, v.searches(g), marshal(query), &out)
	if err == nil {
		err = out.whole()
	}
	return out, err
}

// whole returns an error if the answer lacks documents.
func (h *hits) whole() error {
	if h.TimedOut || h.Shards.Failed > 0 {
		return fmt.Errorf("the search timed out (%t), or failed on some shards (%d)", h.TimedOut, h.Shards.Failed)
	}
	return nil
}

// searches is where searches are sent. All go to the same copy of the index, if there are several: copies refresh at
// different times, and score differently.
func (v *View) searches(g projection.Generation) string {
	to := path(v.indexOf(g), "_search")
	if v.cfg.Serverless { // has copies of its own, and documents no preference
		return to
	}
	return to + "?preference=annals"
}

// Visible implements [projection.Lagging].
func (v *View) Visible(ctx context.Context, g projection.Generation, stream es.StreamID) (version int64, err error) {
	out, err := v.searched(ctx, g, map[string]any{
		"size": 1, "_source": false, "docvalue_fields": []string{"annals.version"},
		"query": map[string]any{"ids": map[string]any{"values": []string{idOf(stream)}}},
	})
	if err != nil {
		return 0, v.fault(ctx, g, err)
	}
	var versions []int64
	for _, hit := range out.Hits.Hits { // one at most
		if err := json.Unmarshal(hit.Fields["annals.version"], &versions); err != nil || len(versions) != 1 {
			return 0, fmt.Errorf("%w: the version of the document of %s: %v: %w", es.ErrUnavailable, stream, versions, err)
		}
		version = versions[0]
	}
	return version, nil
}

// IsRefused reports whether the server refuses a search request as malformed.
func IsRefused(err error) bool {
	f := (*failure)(nil)
	return errors.As(err, &f) && f.status == http.StatusBadRequest
}

// Search sends a search request in OpenSearch's query language, as JSON, to the documents of a generation, and
// returns the answer. Hidden documents are found, too: their annals.shown is false, and they have no content. An
// answer that lacks some documents is an error.
//
// Errors: one that [IsRefused]; [projection.ErrLost]; [es.ErrUnavailable] with its cause.
func (v *View) Search(ctx context.Context, g projection.Generation, request json.RawMessage) (json.RawMessage, error) {
	var answer json.RawMessage
	err := v.call(ctx, http.MethodPost, v.searches(g), request, &answer)
	if IsRefused(err) {
		return nil, err
	}
	if err == nil {
		var whole hits
		if err = json.Unmarshal(answer, &whole); err == nil {
			err = whole.whole()
		}
	}
	return answer, v.fault(ctx, g, err)
}
