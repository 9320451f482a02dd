package main

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es"
)

// sampled is how many commits, and how many items of the table of keys, are looked at for addresses. Of each table one
// page is read, which has at most 1 MB.
const sampled = 1000

// address is what looks like an e-mail address, alone or in a longer id.
var address = regexp.MustCompile(`[^\s@#/:=]@[^\s@#/:=]+\.\p{L}{2,}`)

// idKind is a kind of ids, and those of them that were looked at: true if one looks like an address.
type idKind struct {
	name string
	ids  map[string]bool
	// types are the types of the streams whose ids look like addresses.
	types map[string]bool
}

func newIDKind(name string) *idKind {
	return &idKind{name: name, ids: map[string]bool{}, types: map[string]bool{}}
}

func (k *idKind) add(id string) bool {
	if id != "" {
		k.ids[id] = address.MatchString(id)
	}
	return k.ids[id]
}

// found is how many ids look like addresses.
func (k *idKind) found() int {
	n := 0
	for _, is := range k.ids {
		if is {
			n++
		}
	}
	return n
}

// addresses checks that ids don't look like e-mail addresses, in a sample of the first commits and subjects of a scan. It
// shows none of them: they are personal.
func (d *doctor) addresses(ctx context.Context) {
	subjects, streams, actors := newIDKind("subjects"), newIDKind("stream ids"), newIDKind("actors")
	err := d.sampleSubjects(ctx, subjects)
	if err == nil {
		err = d.sampleCommits(ctx, streams, actors)
	}
	if err != nil {
		d.say(wrongResult, "ids", "Allow dynamodb:Scan on the tables of events and keys.", "%v", err)
		return
	}
	var found []string
	all := 0
	for _, k := range []*idKind{subjects, streams, actors} {
		all += len(k.ids)
		n := k.found()
		if n == 0 {
			continue
		}
		text := fmt.Sprintf("%d of %d %s", n, len(k.ids), k.name)
		if len(k.types) > 0 {
			text += " (" + strings.Join(slices.Sorted(maps.Keys(k.types)), ", ") + ")"
		}
		found = append(found, text)
	}
	if len(found) > 0 {
		d.say(noticeResult, "ids", "Ids are not encrypted: they stay readable in events, keys, exports, logs and backups, "+
			"also after a person was forgotten. Use opaque ids, such as random ones, for streams and people, and the subject "+
			"of a token as the actor. Store an address in a marked field. See docs/howto/personal-data.md.",
			"they look like e-mail addresses, in a sample: %s", strings.Join(found, "; "))
		return
	}
	d.say(okResult, "ids", "", "none of %d subjects, streams and actors, a sample, looks like an e-mail address", all)
}

// sampleSubjects takes the subjects from the first items of the table of keys, if there is one.
func (d *doctor) sampleSubjects(ctx context.Context, to *idKind) error {
	table := d.session.table(annalsaws.Keys)
	if table == "" {
		return nil
	}
	name, limit := annalsaws.Keys.Partition.Name, int32(sampled)
	out, err := d.dynamoDB.Scan(ctx, &dynamodb.ScanInput{
		TableName: &table, Limit: &limit, ProjectionExpression: new("#s"),
		ExpressionAttributeNames: map[string]string{"#s": name},
	})
	if err != nil {
		return fmt.Errorf("scan the table of keys: %w", err)
	}
	for _, item := range out.Items {
		if id, is := item[name].(*types.AttributeValueMemberS); is {
			to.add(id.Value)
		}
	}
	return nil
}

// sampleCommits takes the ids of streams and the actors from the first commits of the event table.
func (d *doctor) sampleCommits(ctx context.Context, streams, actors *idKind) error {
	for page, err := range d.store.Scan(ctx, es.Segment{Of: 1, Limit: sampled}) {
		if err != nil {
			return fmt.Errorf("scan the event table: %w", err)
		}
		for i := range page.Commits {
			c := &page.Commits[i]
			if streams.add(c.Stream.ID) {
				streams.types[c.Stream.Type] = true
			}
			actors.add(c.Meta.Actor)
		}
		break
	}
	return nil
}
