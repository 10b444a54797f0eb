from tests.projections.test_every_fold import *
from tests.projections.conftest import *
def test_x(read_models, pool):
    record, happened = Record(pool, simulated=True), everything(MODELS).happened
    record.append(happened, MOMENT)
    catch_up(read_models.url, lines=7)
    a=asking(read_models, record.practice, lambda view: all_rows(view, MODELS)); b=folded(happened, MODELS)
    import dataclasses
    with connect(read_models.url) as c: print(c.execute("select * from projection.follower").fetchall())
    for t in b:
        if a[t]!=b[t]:
            print(t, len(a[t]), len(b[t]), set(b[t])-set(a[t]))
            for k in b[t]:
                if k in a[t] and a[t][k]!=b[t][k]:
                    for f in dataclasses.fields(b[t][k]):
                        x,y=getattr(a[t][k],f.name),getattr(b[t][k],f.name)
                        if x!=y: print('  ',f.name,x,y)
    print(len(happened))
