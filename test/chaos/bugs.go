package main

// bugs are changes that chaos must find, by name: known mistakes of event stores.
var bugs = map[string][]change{
	"retry-of-a-save": {{ // the same events are appended again, instead of a new decision on the current state
		file: "pkg/es/dynamostore/append.go",
		old: `		err = p.alone(ctx, doubt)
	}
`,
		new: `		err = p.alone(ctx, doubt)
	}
	if conflict := new(es.ConflictError); errors.As(err, &conflict) {
		for i, w := range a.Writes {
			if a.Writes[i].Head, err = st.Head(ctx, w.Head.Stream()); err != nil {
				return nil, err
			}
		}
		return st.Append(ctx, a)
	}
`,
	}},
	"missing-condition": {{ // the later of two writers overwrites the earlier
		file: "pkg/es/dynamostore/append.go",
		old:  `isFree = aws.String("attribute_not_exists(version)")`,
		new:  `isFree = aws.String("attribute_not_exists(version) OR attribute_exists(version)")`,
	}},
	"one-page-read": {{ // only the first page of a query is read
		file: "pkg/es/dynamostore/read.go",
		old:  "for pages.HasMorePages() {",
		new:  "if pages.HasMorePages() {",
	}},
	"checkpoint-in-second-write": {{ // after a crash between the two writes, events are applied twice
		file: "pkg/es/projection/dynamoview/save.go",
		old: `		return v.transact(ctx, actions)
	}
`,
		new: `		for _, some := range [][]types.TransactWriteItem{actions[len(moves):], actions[:len(moves)]} {
			if len(some) == 0 {
				continue
			}
			if err := v.transact(ctx, some); err != nil {
				return err
			}
		}
		return nil
	}
`,
	}},
	"lost-deadline": {{ // the message of one deadline in three is not sent
		file: "pkg/annals/annalslambda/deadlines.go",
		old:  "	if wait := d.At.Sub(s.now()); wait < maxDelay {\n",
		new:  "	if d.Asked.UnixMicro()%3 == 0 {\n		return nil\n	}\n	if wait := d.At.Sub(s.now()); wait < maxDelay {\n",
	}},
	"outage-without-reconciliation": {{ // when its store answers again, a read model does not get what it missed
		file: "pkg/es/projection/recover.go",
		old: `	if err := r.divide(ctx, Job{Projection: projection, Recovers: true}); err != nil {
		return err
	}
`,
	}},
	"lost-generation-filled-again": {{ // what a store has lost is made anew, empty, and readers take it for whole
		file: "pkg/es/projection/lost.go",
		old:  "			lost = append(lost, b.Generation)\n",
		new: `			if err := prepare(ctx, v, b.Generation); err != nil {
				return nil, err
			}
`,
	}},
	// The store takes our own commit for another writer's, and the decision is repeated without a search for the
	// command's id. The first change alone is harmless: the search would find the command on the stream or in the
	// cache.
	"lost-answer-taken-for-conflict": {
		{file: "pkg/es/dynamostore/append.go", old: "	case c.ID == p.commits[0].ID:\n", new: "	case false:\n"},
		{file: "pkg/es/folded.go", old: `if tx.cmd.Ref.ID == "" {`, new: `if tx.fresh || tx.cmd.Ref.ID == "" {`},
		{file: "pkg/es/execute.go", old: `if tx.cmd.Ref.ID == "" ||`, new: `if tx.fresh || tx.cmd.Ref.ID == "" ||`},
	},
}
