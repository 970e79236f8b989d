import { expect, it } from 'vitest';
import { testDatabase } from './postgres.ts';

it('every test database is a migrated copy of its own', async () => {
  const [one, two] = await Promise.all([testDatabase(), testDatabase()]);
  await one.sql`create table mine (id int)`;
  const tables = await two.sql<{ table_name: string }[]>`
    select table_name from information_schema.tables where table_schema = 'public'`;
  const names = tables.map((table) => table.table_name);
  expect(names).toContain('events');
  expect(names).not.toContain('mine');
  await Promise.all([one.close(), two.close()]);
});

it('a closed test database is gone, whoever is still connected to it', async () => {
  const own = await testDatabase();
  await own.sql`select 1`;
  await own.close();
  const other = await testDatabase();
  const name = new URL(own.url).pathname.slice(1);
  expect(await other.sql`select 1 from pg_database where datname = ${name}`).toHaveLength(0);
  await other.close();
});
