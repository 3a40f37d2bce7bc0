import asyncio, sys, time
from datetime import timedelta
import pytest
from tests.platform.clocks import calendar
from tests.platform.clocks.calendar import DAY, START, Entry
from kontorhaus.platform.clocks import stretch
from kontorhaus.platform.db import Db
pytest_plugins=[]
@pytest.mark.parametrize('told',[False,True])
async def test_year(db, keyring, frozen, told, capsys):
    out=[]
    for mode in ('snapshot','system','snapshot','system'):
        org=await frozen()
        e=Entry("daily",after=DAY,every=DAY,told=(Entry("x"),Entry("m",machine=True)) if told else ())
        async with db.org(org) as tx: await calendar.enter(tx,org,(e,),START)
        w=calendar.worker(db,keyring)
        await calendar.begin(db,org,START+timedelta(days=365))
        orig=Db.snapshot
        if mode=='system':
            # only the step's scope
            src=stretch._Stretch._go_on
            Db.snapshot=lambda self: self.system() if sys._getframe(1).f_code.co_name=='_go_on' else orig(self)
        t=time.monotonic(); await w.drain(); out.append((mode,round(time.monotonic()-t,2)))
        Db.snapshot=orig
    with capsys.disabled(): print(told,out)
