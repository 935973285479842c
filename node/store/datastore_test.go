package store

import (
	"fmt"
	"testing"

	ds "github.com/ipfs/go-datastore"
	"github.com/ipfs/go-datastore/query"
	dstest "github.com/ipfs/go-datastore/test"
)

func dsKey(s string) ds.Key { return ds.NewKey(s) }

func TestDatastore(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, "")
	subtests := []func(*testing.T, ds.Datastore){dstest.SubtestBasicPutGet, dstest.SubtestNotFounds, dstest.SubtestPrefix,
		dstest.SubtestOrder, dstest.SubtestLimit, dstest.SubtestFilter, dstest.SubtestManyKeysAndQuery,
		dstest.SubtestReturnSizes, dstest.SubtestBasicSync}
	for i, sub := range subtests {
		sub(t, s.Datastore(fmt.Sprint("basic", i)))
	}
	dstest.RunBatchTest(t, s.Datastore("batch"))
	dstest.RunBatchDeleteTest(t, s.Datastore("delete"))
	dstest.RunBatchPutAndDeleteTest(t, s.Datastore("both"))
	ctx, a, b := t.Context(), s.Datastore("a"), s.Datastore("b")
	for _, k := range []string{"/p/1", "/p/2", "/pp/1", "/p"} {
		if err := a.Put(ctx, dsKey(k), []byte(k)); err != nil {
			t.Fatal(err)
		}
	}
	if ok, err := b.Has(ctx, dsKey("/p/1")); ok || err != nil {
		t.Fatal("one prefix sees another", err)
	}
	res, err := a.Query(ctx, query.Query{Prefix: "/p"})
	if err != nil {
		t.Fatal(err)
	}
	if all, err := res.Rest(); err != nil || len(all) != 2 {
		t.Fatal(all, err)
	}
	if err := a.Sync(ctx, dsKey("/")); err != nil {
		t.Fatal(err)
	}
	if err := s.DropTraces(ctx, Traces{Datastore: "a"}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Get(ctx, dsKey("/p/1")); err != ds.ErrNotFound {
		t.Fatal(err)
	}
}
