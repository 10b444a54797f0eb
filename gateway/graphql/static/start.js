// Asks with the signed-in browser's cookie; a token can be given in the header editor instead.
"use strict";

const QUERY = `# Everything is asked of a practice; the one you are signed in to, if you name none.
{
  practice {
    id
    position
    asOf
    deviations(first: 10, filter: { open: true }) {
      totalCount
      edges {
        node {
          number
          title
          category
          harm
          status
          reportedAt
          measures {
            description
            due
            late
          }
        }
      }
    }
  }
}
`;

ReactDOM.render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: "/graphql" }),
    defaultQuery: QUERY,
    isHeadersEditorEnabled: true,
    shouldPersistHeaders: false,
  }),
  document.getElementById("editor"),
);
