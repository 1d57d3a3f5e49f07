/** @param folder where `chart-page.js` and `chart-page.css` go */
export declare function bundleBrowser(folder: string): Promise<void>;

/**
 * @param folder where the console's files go
 * @param charts what `readBook` reads of the package
 */
export declare function bundleConsole(
  folder: string,
  charts: { readonly book: object; readonly style: string },
): Promise<void>;
